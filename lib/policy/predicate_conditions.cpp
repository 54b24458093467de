#include "policy/predicate_conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"

namespace hullwright::policy {
namespace {

constexpr std::size_t kMaxShown = 120;

// RFC 6901: an array index is digits without a leading zero.
std::optional<std::size_t> IndexOf(std::string_view token) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  const bool canonical = token == "0" || !token.starts_with('0');
  if (error != std::errc() || end != token.data() + token.size() || !canonical) return std::nullopt;
  return index;
}

std::optional<JsonElement> Step(JsonElement element, const std::string& token) {
  JsonElement next;
  if (element.is_object()) {
    // Not Member(), for which null is absent.
    if (element.get_object().value().at_key(token).get(next) == simdjson::SUCCESS) return next;
  } else if (element.is_array()) {
    const auto index = IndexOf(token);
    if (index && element.get_array().value().at(*index).get(next) == simdjson::SUCCESS) return next;
  }
  return std::nullopt;
}

std::optional<JsonElement> Find(JsonElement predicate, const std::vector<std::string>& tokens) {
  std::optional<JsonElement> element = predicate;
  for (const std::string& token : tokens) {
    element = Step(*element, token);
    if (!element) return std::nullopt;
  }
  return element;
}

// A scalar as In and Matches compare it; nullopt for null, objects and arrays.
std::optional<std::string> ScalarText(JsonElement element) {
  if (element.is_string()) return std::string(element.get_string().value());
  if (element.is_bool()) return element.get_bool().value() ? "true" : "false";
  if (element.is_int64() || element.is_uint64() || element.is_double()) return simdjson::minify(element);
  return std::nullopt;
}

bool Holds(const api::PredicateCondition& condition, const std::string& text) {
  const bool listed = std::ranges::find(condition.values, text) != condition.values.end();
  if (condition.op == api::PredicateOperator::kIn) return listed;
  if (condition.op == api::PredicateOperator::kNotIn) return !listed;
  return std::ranges::any_of(condition.patterns, [&](const RegularExpression& pattern) { return pattern.Matches(text); });
}

std::string Wanted(const api::PredicateCondition& condition) {
  const std::string values = Printable(fmt::format("{}", fmt::join(condition.values, ", ")), kMaxShown);
  if (condition.op == api::PredicateOperator::kIn) return "one of " + values;
  if (condition.op == api::PredicateOperator::kNotIn) return "something else than " + values;
  return "something that matches " + values;
}

std::string MistakeAt(const api::PredicateCondition& condition, JsonElement predicate) {
  const auto element = Find(predicate, condition.tokens);
  const std::string path = Printable(condition.path, kMaxShown);
  if (condition.op == api::PredicateOperator::kDoesNotExist) return element ? fmt::format("{} is there and should not be", path) : "";
  if (!element || element->is_null()) return fmt::format("there is no {}", path);
  if (condition.op == api::PredicateOperator::kExists) return "";
  const auto text = ScalarText(*element);
  if (!text) return fmt::format("{} is of type {}, and {} is wanted", path, JsonTypeName(*element), Wanted(condition));
  return Holds(condition, *text) ? "" : fmt::format("{} is \"{}\", and {} is wanted", path, Printable(*text, kMaxShown), Wanted(condition));
}

}  // namespace

std::string MistakeInPredicate(const std::vector<api::PredicateCondition>& conditions, JsonElement predicate) {
  for (const api::PredicateCondition& condition : conditions) {
    if (std::string mistake = MistakeAt(condition, predicate); !mistake.empty()) return mistake;
  }
  return "";
}

}  // namespace hullwright::policy
