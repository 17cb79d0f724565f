/* tests/unit/goertzel.h - how loud a frequency is in a stretch of samples, and which digit they
 * are.
 *
 * A detector of the tests' own (ITU-T Q.23 frequencies), apart from what makes the tones. */
#ifndef RINGER_TESTS_UNIT_GOERTZEL_H
#define RINGER_TESTS_UNIT_GOERTZEL_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* dBm0 at 8000 samples a second; a sine of full scale has 3.14. */
static inline double goertzel_dbm(const int16_t *samples, size_t count, double hz)
{
	double w = 2 * M_PI * hz / 8000, s0, s1 = 0, s2 = 0, power;

	for (size_t i = 0; i < count; i++) {
		s0 = samples[i] + 2 * cos(w) * s1 - s2;
		s2 = s1;
		s1 = s0;
	}
	power = s1 * s1 + s2 * s2 - 2 * cos(w) * s1 * s2;
	return 10 * log10(4 * power / ((double)count * (double)count) / (32767.0 * 32767.0) +
			  1e-12) +
	       3.14;
}

static inline const double *goertzel_hz(void)
{
	static const double hz[8] = {697, 770, 852, 941, 1209, 1336, 1477, 1633};

	return hz;
}

/* The digit whose two frequencies are within 1 dB of -10 and -8 dBm0, all others at least
 * `clear_db` below the low one; '?' if it is none. */
static inline char goertzel_digit(const int16_t *samples, size_t count, double clear_db)
{
	static const char keys[] = "123A456B789C*0#D";
	int low = -1, high = -1;

	for (int i = 0; i < 8; i++) {
		double dbm = goertzel_dbm(samples, count, goertzel_hz()[i]);
		double want = i < 4 ? -10 : -8;
		int *group = i < 4 ? &low : &high;

		if (dbm < -10 - clear_db)
			continue;
		if (*group >= 0 || fabs(dbm - want) > 1)
			return '?';
		*group = i % 4;
	}
	return low < 0 || high < 0 ? '?' : keys[4 * low + high];
}

#endif
