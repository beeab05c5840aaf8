# The examples that are shown in docs/: built with the tests, run, and their output held against the page that shows it.
add_executable(articles ${PROJECT_SOURCE_DIR}/examples/articles.cc)
regard_options(articles)
target_link_libraries(articles PRIVATE regard ${REGARD_DEPENDENCIES})
add_test(NAME examples.articles COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:articles>
  -DPAGE=${PROJECT_SOURCE_DIR}/docs/articles.md -P ${PROJECT_SOURCE_DIR}/cmake/check_example.cmake)
