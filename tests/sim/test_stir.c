/* tests/sim/test_stir.c - stir_shaken.conf in a whole engine: reload, what the console shows of it,
 * a broken file. */
#include "tests/sim/console_rig.h"

#define FILE_NAME ETC "stir_shaken.conf"
#define STIR                                                                                       \
	"[attestation]\nprivate_key_file=/tls/passport.key\n"                                      \
	"public_cert_url=https://example.com/all.pem\nattest_level=B\n"                            \
	"[+1 202-555-0100]\ntype=tn\nattest_level=A\n"                                             \
	"[12025550101]\ntype=tn\n"                                                                 \
	"[carrier]\ntype=profile\nendpoint_behavior=on\nunknown_tn_attest_level=C\n"

static void test_nothing(void **state)
{
	UNUSED(state);
	shows("stir_shaken show attestation", "No stir/shaken configuration found\n");
	shows("stir_shaken show verification", "No stir/shaken configuration found\n");
	shows("stir_shaken show tns", "No stir/shaken TNs found\n");
	shows("stir_shaken show tn 1", "No stir/shaken configuration found\n");
	shows("stir_shaken show profiles", "No stir/shaken profiles found\n");
	shows("stir_shaken show eprofiles", "No stir/shaken eprofiles found\n");
	shows("stir_shaken show profile x", "Profile x doesn't exist\n");
	shows("stir_shaken show eprofile x", "Effective Profile x doesn't exist\n");
}

#define LINE78 "==============================================================================\n"
#define DASH78 "------------------------------------------------------------------------------\n"

static void test_show(void **state)
{
	UNUSED(state);
	assert_int_equal(sim_fs_import(rig.w, "tests/tls", "/tls"), 0);
	sim_fs_put(rig.w, FILE_NAME, STIR);
	console("module reload res_stir_shaken.so");
	assert_string_equal(console("stir_shaken show attestation"),
			    "\n" LINE78 "Default Attestation\n" DASH78
			    "attest_level            : B\n"
			    "check_tn_cert_public_url: no\n"
			    "global_disable          : no\n"
			    "private_key_file        : /tls/passport.key\n"
			    "public_cert_url         : https://example.com/all.pem\n"
			    "send_mky                : no\n"
			    "unknown_tn_attest_level : \n"
			    "---------------------------------------------\n\n");
	assert_string_equal(console("stir_shaken show tn 12025550100"),
			    "\n" LINE78 "TN: 12025550100\n" DASH78 "attest_level            : A\n"
			    "check_tn_cert_public_url: \n"
			    "private_key_file        : \n"
			    "public_cert_url         : \n"
			    "send_mky                : \n"
			    "---------------------------------------------\n\n");
	shows("stir_shaken show tns", "\nTN: 12025550101\n");
	shows("stir_shaken show profiles", "\nProfile: carrier\n");
	shows("stir_shaken show profile carrier", "\nendpoint_behavior                 : on\n");
	shows("stir_shaken show profile carrier", "\nattest_level                      : \n");
	shows("stir_shaken show eprofiles", "\nEffective Profile: carrier\n");
	/* There is no [verification]. */
	shows("stir_shaken show eprofile carrier",
	      "\nendpoint_behavior                 : attest\n");
	shows("stir_shaken show eprofile carrier", "\nattest_level                      : B\n");
	shows("stir_shaken show eprofile carrier",
	      "\nIncoming calls are not verified, whatever is set.\n");
	shows("stir_shaken show tns x", "Usage: stir_shaken show tns\n");
	shows("stir_shaken show tn", "Usage: stir_shaken show tn <tn>\n");
}

/* The old settings stay in force. */
static void test_broken(void **state)
{
	UNUSED(state);
	assert_int_equal(sim_fs_import(rig.w, "tests/tls", "/tls"), 0);
	sim_fs_put(rig.w, FILE_NAME, STIR);
	console("module reload res_stir_shaken.so");
	sim_fs_put(rig.w, FILE_NAME, STIR "private_key_file=/tls/p384.key\n");
	shows("module reload res_stir_shaken.so", "/tls/p384.key is not one of the curve P-256");
	shows("stir_shaken show profile carrier", "\nprivate_key_file                  : \n");
	sim_fs_put(rig.w, FILE_NAME, STIR "private_key_file=/tls/client.key\n");
	console("core reload");
	shows("stir_shaken show profile carrier",
	      "\nprivate_key_file                  : /tls/client.key\n");
	sim_fs_remove(rig.w, FILE_NAME);
	console("core reload");
	shows("stir_shaken show attestation", "No stir/shaken configuration found\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_show, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_broken, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
