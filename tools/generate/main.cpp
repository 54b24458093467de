// hullwright-generate CRD_DIR REFERENCE_DIR: writes what is generated from the field tables of lib/api.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "api/generate.h"

namespace {

using hullwright::api::GeneratedFile;

bool Write(const std::filesystem::path& folder, const GeneratedFile& file) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  std::ofstream out(folder / file.name, std::ios::binary | std::ios::trunc);
  out << file.text;
  out.close();
  if (out) return true;
  std::cerr << "hullwright-generate: cannot write " << (folder / file.name).string() << "\n";
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: hullwright-generate CRD_DIR REFERENCE_DIR\n";
    return 3;
  }
  bool written = Write(argv[2], hullwright::api::GenerateReference());
  for (const GeneratedFile& file : hullwright::api::GenerateCrds()) written = Write(argv[1], file) && written;
  return written ? 0 : 1;
}
