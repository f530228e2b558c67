# The folder is the registry: every policies/SECTION/ID.cpp becomes an entry of one generated table, and every file of
# its twin folder policies/SECTION/ID/ an embedded example. A policy without a bad and a good example fails the build.
file(GLOB policy_sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/policies ${CMAKE_SOURCE_DIR}/policies/*/*.cpp)
file(GLOB shared_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/policies/*.cpp)
file(GLOB example_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/policies/*/*/*.yaml)

set(catalogue_cpp ${CMAKE_BINARY_DIR}/generated/catalogue.cpp)
add_custom_command(
  OUTPUT ${catalogue_cpp}
  COMMAND ${CMAKE_COMMAND} -DPOLICIES=${CMAKE_SOURCE_DIR}/policies -DOUT=${catalogue_cpp}
          -P ${CMAKE_SOURCE_DIR}/cmake/generate_catalogue.cmake
  DEPENDS ${example_files} ${CMAKE_SOURCE_DIR}/cmake/generate_catalogue.cmake ${CMAKE_SOURCE_DIR}/cmake/catalogue.cmake
  COMMENT "Listing the policies and their examples"
  VERBATIM)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/policies)

list(TRANSFORM policy_sources PREPEND ${CMAKE_SOURCE_DIR}/policies/)
add_library(stateward_policies STATIC ${policy_sources} ${shared_sources} ${catalogue_cpp})
# The table depends on which policies there are, not on what they say.
list(SORT policy_sources)
string(SHA256 policy_list "${policy_sources};${example_files}")
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/policy_list.txt CONTENT "${policy_list}\n")
set_property(SOURCE ${catalogue_cpp} APPEND PROPERTY OBJECT_DEPENDS ${CMAKE_BINARY_DIR}/generated/policy_list.txt)
add_custom_command(OUTPUT ${catalogue_cpp} APPEND DEPENDS ${CMAKE_BINARY_DIR}/generated/policy_list.txt)
target_link_libraries(stateward_policies PUBLIC stateward_engine)
