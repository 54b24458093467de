// Where the tests find this clone's files and the programs built from it. Told to one source file alone, so that the others compile
// to the same in every clone and the compiler's cache serves them all.
#pragma once

#include <string>
#include <string_view>

namespace hullwright::testing {

// "crds" → "/…/crds": of the clone's root.
std::string SourcePath(std::string_view relative);
// "hullctl" → "/…/build/bin/hullctl".
std::string ProgramPath(std::string_view name);

}  // namespace hullwright::testing
