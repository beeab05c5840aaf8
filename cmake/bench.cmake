# bench/*_bench.cc are Google Benchmark programs: the target `bench` builds and runs them. Other bench/*.cc are drivers with
# a main and arguments of their own (docs/ says which figure comes from which). They are no part of a plain build; the target
# `bench_programs` builds all of them.
find_package(benchmark REQUIRED)
add_custom_target(bench_programs)
add_custom_target(bench)
add_dependencies(bench bench_programs)
file(GLOB benches CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/*.cc)
foreach(bench ${benches})
  get_filename_component(name ${bench} NAME_WE)
  add_executable(${name} EXCLUDE_FROM_ALL ${bench})
  regard_options(${name})
  target_link_libraries(${name} PRIVATE regard ${REGARD_DEPENDENCIES})
  add_dependencies(bench_programs ${name})
  if(name MATCHES "_bench$")
    target_link_libraries(${name} PRIVATE benchmark::benchmark_main)
    add_custom_command(TARGET bench POST_BUILD COMMAND ${name} COMMENT "${name}" VERBATIM)
  endif()
endforeach()
