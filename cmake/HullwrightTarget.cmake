# hullwright_layer(NAME DEPS … LIBRARIES …): one static library per folder of lib/, aliased hullwright::NAME. DEPS are layers it may
# include and link, LIBRARIES are foreign. tests/architecture reads both this graph and the #include lines.
# hullwright_program(NAME SOURCES … DEPS … LIBRARIES …): a program in build/bin.
# hullwright_test(NAME SOURCES … DEPS …): a Catch2 program in build/bin/tests, compiled without optimisation, which saves a third.

add_library(hullwright_options INTERFACE)
target_compile_features(hullwright_options INTERFACE cxx_std_23)
target_compile_options(hullwright_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
                                                    -Woverloaded-virtual -Werror
                                                    -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
target_link_libraries(hullwright_options INTERFACE Threads::Threads)

set(HULLWRIGHT_SANITIZE "" CACHE STRING "Sanitizers for every target: address,undefined or thread")
if(HULLWRIGHT_SANITIZE)
  target_compile_options(hullwright_options INTERFACE -fsanitize=${HULLWRIGHT_SANITIZE} -fno-omit-frame-pointer
                                                      -fno-sanitize-recover=all)
  target_link_options(hullwright_options INTERFACE -fsanitize=${HULLWRIGHT_SANITIZE})
  if(HULLWRIGHT_SANITIZE MATCHES thread)
    # Asio guards its callbacks with fences, which ThreadSanitizer cannot model and g++ warns of; its locks suffice for our use.
    target_compile_options(hullwright_options INTERFACE -Wno-tsan)
    target_compile_definitions(hullwright_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Paths relative to the source folder, so that another clone of the same sources finds them cached.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
endif()

# Sources of a target are compiled several at a time, which halves the time of a build: parsing the headers is most of it. A name of an
# anonymous namespace must therefore be the only one of its kind in its folder. tests/lint reads each file by itself.
set(CMAKE_UNITY_BUILD ON CACHE BOOL "Compile several sources of a target at a time")
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)
# There a source is an included file, in which g++ takes a type of an anonymous namespace for one that others could see.
add_compile_options($<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wno-subobject-linkage>)

function(hullwright_layer name)
  cmake_parse_arguments(arg "" "" "DEPS;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  add_library(hullwright_${name} STATIC ${sources})
  add_library(hullwright::${name} ALIAS hullwright_${name})
  target_include_directories(hullwright_${name} PUBLIC "${CMAKE_SOURCE_DIR}/lib")
  list(TRANSFORM arg_DEPS PREPEND "hullwright::")
  target_link_libraries(hullwright_${name} PUBLIC hullwright_options ${arg_DEPS} ${arg_LIBRARIES})
endfunction()

function(hullwright_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS;LIBRARIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  list(TRANSFORM arg_DEPS PREPEND "hullwright::")
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}")
  # First the libraries: what tests share uses the layers.
  target_link_libraries(${name} PRIVATE hullwright_options ${arg_LIBRARIES} ${arg_DEPS})
endfunction()

function(hullwright_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS;LIBRARIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  list(TRANSFORM arg_DEPS PREPEND "hullwright::")
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}" "${CMAKE_SOURCE_DIR}/tests")
  target_compile_options(${name} PRIVATE -O0)
  target_link_libraries(${name} PRIVATE hullwright_options test_main ${arg_DEPS} ${arg_LIBRARIES})
  # Tests name their helpers as they like.
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin/tests" UNITY_BUILD OFF)
  add_test(NAME ${name} COMMAND ${name})
endfunction()
