#include "tools/vector-runner/runner.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace hullwright::vectors {

std::vector<std::string> Vector::Texts(std::string_view key) const {
  std::vector<std::string> texts;
  const auto member = Member(entry_, key);
  if (!member) return texts;
  std::string_view text;
  if (member->get(text) == simdjson::SUCCESS) return {std::string(text)};
  JsonArray array;
  if (member->get(array) != simdjson::SUCCESS) return texts;
  for (const JsonElement element : array) {
    if (element.get(text) == simdjson::SUCCESS) texts.emplace_back(text);
  }
  return texts;
}

std::optional<JsonElement> Vector::Option(std::string_view key) const {
  const auto options = Member(entry_, "options");
  return options ? Member(*options, key) : std::nullopt;
}

std::string Vector::Read(std::string_view path) const {
  std::ifstream file(folder_ / path, std::ios::binary);
  if (path.empty() || !file) throw std::runtime_error(fmt::format("{}: cannot read \"{}\"", id(), path));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace hullwright::vectors
