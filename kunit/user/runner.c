// SPDX-License-Identifier: GPL-2.0
/*
 * Runs KUnit suites as an ordinary program and prints KTAP.
 *
 * Each case runs in a child process of its own, so that a sanitizer's abort, a
 * leak or a hang is the failure of that case and the others still run.
 *
 *	core_test [-l] [-1] [SUITE[.CASE]]...
 *
 * -l lists the cases, -1 runs them in this one process (for a debugger). An
 * argument chooses a suite, or one case of it; shell wildcards work.
 */
#include <fnmatch.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kunit/test.h>
#include <linux/bug.h>

enum {
	CASE_PASSED = 0,
	CASE_FAILED = 1,
	CASE_SKIPPED = 4,
	CASE_SECONDS = 60,
};

struct kunit_memory {
	struct kunit_memory *next;
	void *data;
};

static struct kunit_suite *suites;
static struct kunit *running;
static jmp_buf leave_case;
static bool one_process;

void kunit_user_register(struct kunit_suite *suite)
{
	struct kunit_suite **link = &suites;

	while (*link && strcmp((*link)->name, suite->name) < 0)
		link = &(*link)->next;
	suite->next = *link;
	*link = suite;
}

void kunit_user_log(const char *format, ...)
{
	va_list args;

	printf("    # %s: ", running ? running->name : "suite");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* ------------------------------------------------------------- memory */

void *kunit_kmalloc_array(struct kunit *test, size_t n, size_t size, gfp_t gfp)
{
	struct kunit_memory *memory = malloc(sizeof(*memory));

	if (!memory)
		abort();
	memory->data = gfp & __GFP_ZERO ? calloc(n, size) : malloc(n * size);
	if (!memory->data)
		abort();
	memory->next = test->memory;
	test->memory = memory;
	return memory->data;
}

void kunit_kfree(struct kunit *test, const void *data)
{
	struct kunit_memory **link = &test->memory, *memory;

	while (*link && (*link)->data != data)
		link = &(*link)->next;
	memory = *link;
	if (!memory)
		return;
	*link = memory->next;
	free(memory->data);
	free(memory);
}

static void free_memory(struct kunit *test)
{
	while (test->memory)
		kunit_kfree(test, test->memory->data);
}

/* ------------------------------------------------------------- failures */

static void start_failure(struct kunit *test, const char *file, int line)
{
	test->failed = true;
	printf("    # %s: %s:%d\n", test->name, file, line);
}

static void end_failure(const struct kunit_user_check *check,
			const char *format, va_list args)
{
	char text[1024];

	vsnprintf(text, sizeof(text), format, args);
	if (text[0])
		printf("    #     %s\n", text);
	if (check->stop)
		longjmp(leave_case, 1);
}

static void print_wanted(const struct kunit_user_check *check)
{
	printf("    #     wanted: %s %s %s\n", check->left_text, check->op,
	       check->right_text);
}

void kunit_user_failed_numbers(struct kunit *test,
			       const struct kunit_user_check *check,
			       long long left, long long right,
			       const char *format, ...)
{
	va_list args;

	start_failure(test, check->file, check->line);
	print_wanted(check);
	printf("    #     left:   %lld (0x%llx)\n", left, left);
	printf("    #     right:  %lld (0x%llx)\n", right, right);
	va_start(args, format);
	end_failure(check, format, args);
	va_end(args);
}

void kunit_user_failed_strings(struct kunit *test,
			       const struct kunit_user_check *check,
			       const char *left, const char *right,
			       const char *format, ...)
{
	va_list args;

	start_failure(test, check->file, check->line);
	print_wanted(check);
	printf("    #     left:   \"%s\"\n", left);
	printf("    #     right:  \"%s\"\n", right);
	va_start(args, format);
	end_failure(check, format, args);
	va_end(args);
}

void kunit_user_failed_plain(struct kunit *test,
			     const struct kunit_user_check *check,
			     const char *format, ...)
{
	va_list args;

	start_failure(test, check->file, check->line);
	print_wanted(check);
	va_start(args, format);
	end_failure(check, format, args);
	va_end(args);
}

void kunit_user_warn(const char *file, int line, const char *condition)
{
	if (!running)
		abort();
	start_failure(running, file, line);
	printf("    #     kernel warning: WARN_ON(%s)\n", condition);
	longjmp(leave_case, 1);
}

void kunit_user_skip(struct kunit *test, bool stop, const char *format, ...)
{
	va_list args;

	test->skipped = true;
	printf("    # %s: skipped: ", test->name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	if (stop)
		longjmp(leave_case, 1);
}

/* ------------------------------------------------------------- running */

static void run_once(struct kunit_suite *suite, struct kunit_case *one,
		     struct kunit *test)
{
	running = test;
	if (!setjmp(leave_case)) {
		if (suite->init && suite->init(test)) {
			printf("    # %s: init failed\n", test->name);
			test->failed = true;
		} else {
			one->run_case(test);
		}
	}
	if (suite->exit && !setjmp(leave_case))
		suite->exit(test);
	free_memory(test);
	running = NULL;
}

static int run_case(struct kunit_suite *suite, struct kunit_case *one)
{
	struct kunit test = { .name = one->name };
	char desc[KUNIT_PARAM_DESC_SIZE] = "";

	if (!one->generate_params) {
		run_once(suite, one, &test);
	} else {
		for (;;) {
			test.param_value = one->generate_params(test.param_value, desc);
			if (!test.param_value)
				break;
			test.priv = NULL;
			run_once(suite, one, &test);
			if (test.failed) {
				printf("    #     with: %s\n", desc);
				break;
			}
			test.param_index++;
		}
	}
	if (test.failed)
		return CASE_FAILED;
	return test.skipped ? CASE_SKIPPED : CASE_PASSED;
}

static int run_in_child(struct kunit_suite *suite, struct kunit_case *one)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child < 0)
		abort();
	if (!child) {
		alarm(CASE_SECONDS);
		exit(run_case(suite, one));
	}
	if (waitpid(child, &status, 0) != child)
		abort();
	if (WIFSIGNALED(status)) {
		printf("    # %s: killed by signal %d%s\n", one->name,
		       WTERMSIG(status),
		       WTERMSIG(status) == SIGALRM ? " (ran too long)" : "");
		return CASE_FAILED;
	}
	return WEXITSTATUS(status);
}

static bool chosen(struct kunit_suite *suite, struct kunit_case *one,
		   char **patterns)
{
	char name[512];

	if (!*patterns)
		return true;
	snprintf(name, sizeof(name), "%s.%s", suite->name, one->name);
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, name, 0) ||
		    !fnmatch(*patterns, suite->name, 0))
			return true;
	return false;
}

static int count_cases(struct kunit_suite *suite, char **patterns)
{
	int count = 0;

	for (struct kunit_case *one = suite->test_cases; one->run_case; one++)
		count += chosen(suite, one, patterns);
	return count;
}

/* Returns true when all chosen cases of the suite passed or were skipped. */
static bool run_suite(struct kunit_suite *suite, char **patterns)
{
	int number = 0, result;
	bool good = true;

	printf("    KTAP version 1\n    # Subtest: %s\n    1..%d\n",
	       suite->name, count_cases(suite, patterns));
	if (suite->suite_init && suite->suite_init(suite))
		return false;
	for (struct kunit_case *one = suite->test_cases; one->run_case; one++) {
		if (!chosen(suite, one, patterns))
			continue;
		result = one_process ? run_case(suite, one) :
				       run_in_child(suite, one);
		good &= result == CASE_PASSED || result == CASE_SKIPPED;
		printf("    %s %d %s%s\n",
		       result == CASE_PASSED || result == CASE_SKIPPED ?
		       "ok" : "not ok", ++number, one->name,
		       result == CASE_SKIPPED ? " # SKIP" : "");
	}
	if (suite->suite_exit)
		suite->suite_exit(suite);
	return good;
}

static int list_cases(void)
{
	for (struct kunit_suite *suite = suites; suite; suite = suite->next)
		for (struct kunit_case *one = suite->test_cases;
		     one->run_case; one++)
			printf("%s.%s\n", suite->name, one->name);
	return 0;
}

int main(int argc, char **argv)
{
	int option, count = 0, number = 0;
	bool good = true, suite_good;

	while ((option = getopt(argc, argv, "l1")) != -1) {
		if (option == 'l')
			return list_cases();
		if (option != '1')
			return 2;
		one_process = true;
	}
	argv += optind;
	for (struct kunit_suite *suite = suites; suite; suite = suite->next)
		count += !!count_cases(suite, argv);
	printf("KTAP version 1\n1..%d\n", count);
	for (struct kunit_suite *suite = suites; suite; suite = suite->next) {
		if (!count_cases(suite, argv))
			continue;
		suite_good = run_suite(suite, argv);
		printf("%s %d %s\n", suite_good ? "ok" : "not ok", ++number,
		       suite->name);
		good &= suite_good;
	}
	return !(good && count);
}
