# Writes git_state.h when the state of the checkout changed: run at every build.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty=-dirty --abbrev=12 OUTPUT_VARIABLE state
  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed OR NOT state)
  set(state unknown)
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT "#define SB_GIT_STATE \"${state}\"\n")
