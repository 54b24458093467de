#include "tools/vector-runner/runner.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "base/text.h"

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

// No pipe or device, nothing endless.
std::string ReadRegularFile(const std::filesystem::path& path) {
  std::error_code error;
  const bool readable = std::filesystem::is_regular_file(path, error) && std::filesystem::file_size(path, error) <= kMaxIndexBytes;
  std::ifstream file;
  if (readable && !error) file.open(path, std::ios::binary);
  if (!file.is_open()) throw std::runtime_error(fmt::format("cannot read \"{}\"", Printable(path.string())));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// An index may come from anybody: nothing outside its folder.
std::filesystem::path Vector::Path(std::string_view path) const {
  const auto relative = std::filesystem::path(path).lexically_normal();
  if (path.empty() || path.contains('\0') || relative.is_absolute() || *relative.begin() == "..") {
    throw std::runtime_error(fmt::format("\"{}\" is no path below the index", Printable(path)));
  }
  return folder_ / relative;
}

std::string Vector::Read(std::string_view path) const {
  return ReadRegularFile(Path(path));
}

bool Vector::Has(std::string_view key) const {
  return Member(entry_, key).has_value();
}

std::optional<std::string> Vector::OptionText(std::string_view key) const {
  const auto option = Option(key);
  std::string_view text;
  if (!option) return std::nullopt;
  if (option->get(text) != simdjson::SUCCESS) throw std::runtime_error(fmt::format("the option {} is no string", key));
  return std::string(text);
}

std::optional<std::int64_t> Vector::OptionNumber(std::string_view key) const {
  const auto option = Option(key);
  std::int64_t number = 0;
  if (!option) return std::nullopt;
  if (option->get(number) != simdjson::SUCCESS) throw std::runtime_error(fmt::format("the option {} is no integer", key));
  return number;
}

}  // namespace hullwright::vectors
