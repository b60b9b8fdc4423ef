# One file adds a plug-in: this lists the folder, sorts it, and writes the registry table as plain C. Each entry carries
# the SHA-256 of its file, so that a stored result knows which code made it.
#   sb_registry(KIND TYPE HEADER OUT_SOURCES FOLDER GLOB PREFIX)
# e.g. methods/uniform.c with prefix "" declares `extern const sb_method sb_method_uniform`.
function(sb_registry kind header out folder glob prefix)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/${glob})
  list(SORT files)
  set(declarations "")
  set(entries "")
  foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME_WE)
    if(prefix)
      string(REGEX REPLACE "^${prefix}" "" name ${name})
    endif()
    file(SHA256 ${file} sha)
    string(SUBSTRING ${sha} 0 16 sha)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    string(APPEND declarations "extern const sb_${kind} sb_${kind}_${name};\n")
    string(APPEND entries "    {&sb_${kind}_${name}, \"${sha}\"},\n")
  endforeach()
  set(table ${CMAKE_BINARY_DIR}/generated/registry_${kind}.c)
  file(CONFIGURE OUTPUT ${table} CONTENT
"/* Written by harness/cmake/registry.cmake: do not edit. */
#include \"registry.h\"
${declarations}
const sb_${kind}_entry sb_${kind}_table[] = {
${entries}    {NULL, NULL},
};
" @ONLY)
  set(${out} ${files} ${table} PARENT_SCOPE)
endfunction()

# SHA-256 over the sources that every selection and fit rests on (base, la, sel, models' shared code, SDK headers).
function(sb_core_version out)
  set(all "")
  foreach(pattern IN LISTS ARGN)
    file(GLOB files CONFIGURE_DEPENDS ${pattern})
    list(APPEND all ${files})
  endforeach()
  list(SORT all)
  set(text "")
  foreach(file IN LISTS all)
    file(SHA256 ${file} sha)
    string(APPEND text "${sha}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  endforeach()
  string(SHA256 sha "${text}")
  string(SUBSTRING ${sha} 0 16 sha)
  set(${out} ${sha} PARENT_SCOPE)
endfunction()
