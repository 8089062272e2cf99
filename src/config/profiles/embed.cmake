# Turns the TOML files of this folder into a source file, so that the program carries its profiles with it.
# A changed, new or removed file is noticed by the next build.

file(GLOB profile_files CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.toml")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${profile_files})

set(embedded "#include \"src/config/builtin_profiles.hpp\"\n\nnamespace roacache::config {\n\n")
string(APPEND embedded "std::span<const BuiltinProfile> builtin_profile_sources() {\n")
string(APPEND embedded "    static constexpr BuiltinProfile k_sources[] = {\n")
foreach(file IN LISTS profile_files)
  get_filename_component(name "${file}" NAME_WE)
  file(READ "${file}" text)
  string(APPEND embedded "        {\"${name}\", R\"_TOML_(${text})_TOML_\"},\n")
endforeach()
string(APPEND embedded "    };\n    return k_sources;\n}\n\n} // namespace roacache::config\n")

set(embedded_file "${PROJECT_BINARY_DIR}/generated/builtin_profiles.cpp")
file(WRITE "${embedded_file}.new" "${embedded}")
file(COPY_FILE "${embedded_file}.new" "${embedded_file}" ONLY_IF_DIFFERENT)
target_sources(roacache_config PRIVATE "${embedded_file}")
