/* tests/unit/cmocka.h - cmocka with what it wants included first. */
#ifndef RINGER_TESTS_UNIT_CMOCKA_H
#define RINGER_TESTS_UNIT_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
