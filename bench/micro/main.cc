// bench/micro/main.cc - gives the tables of harness.h to Google Benchmark; nothing else is C++
// here.
#include "bench/micro/harness.h"

#include <benchmark/benchmark.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace
{

const uint64_t batch = 64;

void run_case(benchmark::State &state, const micro_case *c)
{
	void *mine = c->open ? c->open() : nullptr;

	if (c->open && !mine) {
		state.SkipWithError("cannot be set up");
		return;
	}
	while (state.KeepRunningBatch(batch))
		c->run(mine, batch);
	if (c->close)
		c->close(mine);
	state.SetItemsProcessed(state.iterations());
	if (c->bytes)
		state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(c->bytes));
	state.counters["expect_ns"] = c->expect_ns;
}

void add_table(const char *module, const micro_table &table)
{
	for (size_t i = 0; i < table.count; i++) {
		std::string name = std::string(module) + "/" + table.cases[i].name;

		benchmark::RegisterBenchmark(name.c_str(), run_case, &table.cases[i]);
	}
}

std::string cpu_model()
{
	std::ifstream in("/proc/cpuinfo");
	std::string line;

	while (std::getline(in, line))
		if (line.compare(0, 10, "model name") == 0)
			return line.substr(line.find(':') + 2);
	return "unknown";
}

// Results are worth little without machine, kernel and commit (RINGER_COMMIT, set by the caller).
void add_context()
{
	const char *commit = std::getenv("RINGER_COMMIT");
	utsname u{};

	if (uname(&u) == 0)
		benchmark::AddCustomContext("kernel", u.release);
	benchmark::AddCustomContext("cpu", cpu_model());
	benchmark::AddCustomContext("ringer", RINGER_VERSION);
	benchmark::AddCustomContext("commit", commit ? commit : "unknown");
}

} // namespace

int main(int argc, char **argv)
{
#define ADD(module) add_table(#module, micro_##module);
	MICRO_TABLES(ADD)
#undef ADD
	add_context();
	benchmark::Initialize(&argc, argv);
	if (benchmark::ReportUnrecognizedArguments(argc, argv))
		return 1;
	benchmark::RunSpecifiedBenchmarks();
	benchmark::Shutdown();
	return 0;
}
