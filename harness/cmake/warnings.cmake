set(SB_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wmissing-prototypes -Wstrict-prototypes -Wformat=2
  -Wundef -Wdouble-promotion -Wpointer-arith -Wcast-qual -Wwrite-strings -Werror)
