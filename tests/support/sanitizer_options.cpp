// Options of the sanitizers, compiled into every test of a sanitizer build, so that running a test by hand and
// running it under ctest are the same.

extern "C" const char* __asan_default_options() {
  // Out of memory is an Error that the tests provoke; the process must not end there.
  return "allocator_may_return_null=1:detect_stack_use_after_return=1";
}

extern "C" const char* __ubsan_default_options() {
  return "print_stacktrace=1";
}

extern "C" const char* __tsan_default_options() {
  return "allocator_may_return_null=1";
}
