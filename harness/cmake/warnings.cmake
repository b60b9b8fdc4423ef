set(SB_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wmissing-prototypes -Wstrict-prototypes -Wformat=2
  -Wundef -Wpointer-arith -Wcast-qual -Wwrite-strings -Werror)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  list(APPEND SB_WARNINGS -Wdouble-promotion) # clang's fires on the standard's own NAN and INFINITY
endif()
