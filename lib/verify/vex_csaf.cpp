// CSAF 2.0 (OASIS Common Security Advisory Framework), profile csaf_vex: a tree of products, what is composed of them, and for each
// vulnerability the products of each status.
#include <fmt/format.h>

#include <array>
#include <map>
#include <set>

#include "base/text.h"
#include "verify/limits.h"
#include "verify/vex_formats.h"

namespace hullwright::verify {
namespace {

using policy::PackageUrl;
using policy::VexImage;
using policy::VexPackage;
using policy::VexProduct;
using policy::VexStatement;
using policy::VexStatus;

struct CsafStatusList {
  std::string_view key;
  VexStatus status;
};
// Section 3.2.3.9. "recommended" says which version to take, and nothing of it.
constexpr std::array kCsafStatusLists = {
    CsafStatusList{"fixed", VexStatus::kFixed},
    CsafStatusList{"first_fixed", VexStatus::kFixed},
    CsafStatusList{"known_not_affected", VexStatus::kNotAffected},
    CsafStatusList{"under_investigation", VexStatus::kUnderInvestigation},
    CsafStatusList{"known_affected", VexStatus::kAffected},
    CsafStatusList{"first_affected", VexStatus::kAffected},
    CsafStatusList{"last_affected", VexStatus::kAffected},
};

// Products and groups of them by their ids, unique in the document.
class ProductTree {
 public:
  Checked<void> Read(const JsonFields& document) {
    if (!document.Has("product_tree")) return {};
    const auto tree = document.Object("product_tree");
    if (!tree) return std::unexpected(tree.error());
    if (auto read = ReadList(*tree, "full_product_names", [&](const JsonFields& name) { return AddProduct(name); }); !read) return read;
    if (auto read = ReadBranches(*tree); !read) return read;
    if (auto read = ReadList(*tree, "relationships", [&](const JsonFields& entry) { return AddRelationship(entry); }); !read) return read;
    return ReadList(*tree, "product_groups", [&](const JsonFields& entry) { return AddGroup(entry); });
  }

  // nullopt: the tree has no such product.
  std::optional<VexProduct> Find(const std::string& id) const {
    const auto composed = composed_.find(id);
    if (composed != composed_.end()) return Compose(composed->second);
    const auto purl = purls_.find(id);
    if (purl == purls_.end()) return std::nullopt;
    const auto url = PackageUrl::Parse(purl->second);
    if (!url) return VexProduct{VexImage::Parse(purl->second)};
    if (url->Type() == "oci") return VexProduct{VexImage::Parse(purl->second)};
    return VexProduct{VexImage(), {VexPackage{url}}};
  }

  const std::vector<std::string>* FindGroup(const std::string& id) const {
    const auto group = groups_.find(id);
    return group == groups_.end() ? nullptr : &group->second;
  }

 private:
  struct Composed {
    std::string product, relates_to;
  };

  template <class Use>
  Checked<void> ReadList(const JsonFields& owner, std::string_view key, Use use) {
    const auto list = owner.List(key, limits::kVexProducts);
    if (!list) return std::unexpected(list.error());
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto entry = JsonFields::Of((*list)[i], VexPlace(key, i) + " of " + owner.where());
      if (!entry) return std::unexpected(entry.error());
      if (auto used = use(*entry); !used) return used;
    }
    return {};
  }

  // A branch holds branches or a product; as deep as JSON may be (limits::kJsonDepth).
  Checked<void> ReadBranches(const JsonFields& owner) {
    return ReadList(owner, "branches", [&](const JsonFields& branch) -> Checked<void> {
      if (branch.Has("product")) {
        const auto product = branch.Object("product");
        if (!product) return std::unexpected(product.error());
        if (auto added = AddProduct(*product); !added) return added;
      }
      return ReadBranches(branch);
    });
  }

  Checked<std::string> NewId(const JsonFields& product) {
    auto id = VexName(product, "product_id");
    if (!id) return id;
    if (!ids_.insert(*id).second)
      return Reject(Step::kStructure, fmt::format("\"product_id\" of {} is \"{}\", as another's is", product.where(), Printable(*id, 128)));
    if (ids_.size() > limits::kVexProducts)
      return Reject(Step::kLimit, fmt::format("the document names more than {} products", limits::kVexProducts));
    return id;
  }

  Checked<void> AddProduct(const JsonFields& product) {
    auto id = NewId(product);
    if (!id) return std::unexpected(id.error());
    std::string purl;
    if (product.Has("product_identification_helper")) {
      const auto helper = product.Object("product_identification_helper");
      if (!helper) return std::unexpected(helper.error());
      if (helper->Has("purl"))
        if (auto stored = Store(VexName(*helper, "purl"), purl); !stored) return stored;
    }
    purls_.emplace(std::move(*id), std::move(purl));
    return {};
  }

  Checked<void> AddRelationship(const JsonFields& entry) {
    Composed composed;
    if (auto stored = Store(VexName(entry, "product_reference"), composed.product); !stored) return stored;
    if (auto stored = Store(VexName(entry, "relates_to_product_reference"), composed.relates_to); !stored) return stored;
    const auto full = entry.Object("full_product_name");
    if (!full) return std::unexpected(full.error());
    auto id = NewId(*full);
    if (!id) return std::unexpected(id.error());
    composed_.emplace(std::move(*id), std::move(composed));
    return {};
  }

  Checked<void> AddGroup(const JsonFields& entry) {
    const auto id = VexName(entry, "group_id");
    if (!id) return std::unexpected(id.error());
    const auto list = entry.List("product_ids", limits::kVexProducts);
    if (!list) return std::unexpected(list.error());
    std::vector<std::string>& products = groups_[*id];
    for (std::size_t i = 0; i < list->size(); ++i) {
      auto product = VexName((*list)[i], VexPlace("product_ids", i) + " of " + entry.where());
      if (!product) return std::unexpected(product.error());
      products.push_back(std::move(*product));
    }
    return {};
  }

  // "openssl as a component of IMAGE", "IMAGE as a component of PRODUCT": whichever is an image, and the package beside it. Of a product
  // that is named by a CPE nobody can tell whether this image is it.
  std::optional<VexProduct> Compose(const Composed& composed) const {
    const auto product = purls_.find(composed.product), whole = purls_.find(composed.relates_to);
    if (product == purls_.end() || whole == purls_.end()) return VexProduct{VexImage::Parse("")};
    const auto of_product = PackageUrl::Parse(product->second), of_whole = PackageUrl::Parse(whole->second);
    if (of_product && of_product->Type() == "oci") return VexProduct{VexImage::Parse(product->second)};
    const bool in_image = of_whole && of_whole->Type() == "oci";
    return VexProduct{VexImage::Parse(in_image ? whole->second : ""), {VexPackage{of_product}}};
  }

  std::set<std::string> ids_;
  std::map<std::string, std::string, std::less<>> purls_;  // "" of one without
  std::map<std::string, Composed, std::less<>> composed_;
  std::map<std::string, std::vector<std::string>, std::less<>> groups_;
};

// Why products are not affected, by their ids; "" stands for all of them.
using CsafReasons = std::map<std::string, std::string, std::less<>>;

std::string CsafReasonOf(const CsafReasons& reasons, const std::string& product) {
  const auto own = reasons.find(product), general = reasons.find("");
  return own != reasons.end() ? own->second : general != reasons.end() ? general->second : "";
}

class CsafVulnerability {
 public:
  CsafVulnerability(const JsonFields& fields, const ProductTree& tree, Time time, VexStatements& statements)
      : fields_(fields), tree_(tree), time_(time), statements_(statements) {}

  Checked<void> Read() {
    if (auto read = ReadNames(); !read) return read;
    if (auto read = ReadReasons("flags", "label", justifications_); !read) return read;
    if (auto read = ReadReasons("threats", "details", impacts_); !read) return read;
    if (!fields_.Has("product_status")) return {};
    const auto status = fields_.Object("product_status");
    if (!status) return std::unexpected(status.error());
    for (const CsafStatusList& list : kCsafStatusLists)
      if (auto read = ReadStatus(*status, list); !read) return read;
    return {};
  }

 private:
  Checked<void> ReadNames() {
    if (fields_.Has("cve"))
      if (auto stored = Store(VexName(fields_, "cve"), names_.emplace_back()); !stored) return stored;
    const auto ids = fields_.List("ids", limits::kVexNames - 1);
    if (!ids) return std::unexpected(ids.error());
    for (std::size_t i = 0; i < ids->size(); ++i) {
      const auto id = JsonFields::Of((*ids)[i], VexPlace("ids", i) + " of " + fields_.where());
      if (!id) return std::unexpected(id.error());
      if (auto stored = Store(VexName(*id, "text"), names_.emplace_back()); !stored) return stored;
    }
    return names_.empty() ? Reject(Step::kStructure, fields_.where() + " names no vulnerability: write \"cve\" or \"ids\"")
                          : Checked<void>();
  }

  // flags[].label are justifications; threats[] of the category impact are impact statements (profile 5, 4.5).
  Checked<void> ReadReasons(std::string_view key, std::string_view member, CsafReasons& reasons) {
    const auto list = fields_.List(key, limits::kVexProducts);
    if (!list) return std::unexpected(list.error());
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto entry = JsonFields::Of((*list)[i], VexPlace(key, i) + " of " + fields_.where());
      if (!entry) return std::unexpected(entry.error());
      if (key == "threats" && TextMember(entry->element(), "category") != "impact") continue;
      const auto reason = VexText(*entry, member);
      if (!reason) return std::unexpected(reason.error());
      if (key == "flags" && !IsVexJustification(*reason)) continue;
      if (auto given = GiveReason(*entry, *reason, reasons); !given) return given;
    }
    return {};
  }

  Checked<void> GiveReason(const JsonFields& entry, const std::string& reason, CsafReasons& reasons) {
    if (!entry.Has("product_ids") && !entry.Has("group_ids")) {
      reasons.emplace("", reason);
      return {};
    }
    const auto products = entry.List("product_ids", limits::kVexProducts), groups = entry.List("group_ids", limits::kVexProducts);
    if (!products || !groups) return std::unexpected(products ? groups.error() : products.error());
    for (std::size_t i = 0; i < products->size(); ++i) {
      const auto id = VexName((*products)[i], VexPlace("product_ids", i) + " of " + entry.where());
      if (!id) return std::unexpected(id.error());
      reasons.emplace(*id, reason);
    }
    for (std::size_t i = 0; i < groups->size(); ++i) {
      const auto id = VexName((*groups)[i], VexPlace("group_ids", i) + " of " + entry.where());
      if (!id) return std::unexpected(id.error());
      const std::vector<std::string>* group = tree_.FindGroup(*id);
      if (group == nullptr)
        return Reject(Step::kStructure,
                      fmt::format("{} names the group \"{}\", which product_tree does not hold", entry.where(), Printable(*id, 128)));
      for (const std::string& product : *group) {
        if (auto room = statements_.TakeRoom(); !room) return room;
        reasons.emplace(product, reason);
      }
    }
    return {};
  }

  // One statement for the products that share a reason.
  Checked<void> ReadStatus(const JsonFields& status, const CsafStatusList& list) {
    const auto ids = status.List(list.key, limits::kVexProducts);
    if (!ids) return std::unexpected(ids.error());
    std::map<std::pair<std::string, std::string>, std::vector<VexProduct>> products;
    for (std::size_t i = 0; i < ids->size(); ++i) {
      const std::string where = fmt::format("product_status.{}[{}] of {}", list.key, i, fields_.where());
      const auto id = VexName((*ids)[i], where);
      if (!id) return std::unexpected(id.error());
      auto product = tree_.Find(*id);
      if (!product)
        return Reject(Step::kStructure, fmt::format("{} is \"{}\", which product_tree does not hold", where, Printable(*id, 128)));
      if (auto room = statements_.TakeRoom(); !room) return room;
      products[{CsafReasonOf(justifications_, *id), CsafReasonOf(impacts_, *id)}].push_back(std::move(*product));
    }
    for (auto& [reason, of_reason] : products) {
      VexStatement statement{names_, list.status, reason.first, reason.second, time_, std::move(of_reason)};
      if (list.status == VexStatus::kNotAffected && reason.first.empty() && reason.second.empty())
        statement.defect =
            fmt::format("{} lists products as known_not_affected without a flag or a threat of the category impact", fields_.where());
      if (auto added = statements_.Add(std::move(statement)); !added) return added;
    }
    return {};
  }

  const JsonFields& fields_;
  const ProductTree& tree_;
  const Time time_;
  VexStatements& statements_;
  std::vector<std::string> names_;
  CsafReasons justifications_, impacts_;
};

Checked<void> RequireWord(const JsonFields& fields, std::string_view key, std::initializer_list<std::string_view> wanted) {
  const auto word = fields.Text(key);
  if (!word) return std::unexpected(word.error());
  if (std::ranges::find(wanted, *word) != wanted.end()) return {};
  return Reject(Step::kStructure, fmt::format("\"{}\" of {} is \"{}\", and must be {}", key, fields.where(), Printable(*word, 32),
                                              fmt::join(wanted, " or ")));
}

// What the document says of itself, and when it was released.
Checked<Time> ReadCsafHead(const JsonFields& document) {
  const auto head = document.Object("document");
  if (!head) return std::unexpected(head.error());
  if (auto held = RequireWord(*head, "category", {"csaf_vex"}); !held) return std::unexpected(held.error());
  if (auto held = RequireWord(*head, "csaf_version", {"2.0"}); !held) return std::unexpected(held.error());
  const auto tracking = head->Object("tracking");
  if (!tracking) return std::unexpected(tracking.error());
  if (auto held = RequireWord(*tracking, "status", {"final", "interim"}); !held) return std::unexpected(held.error());
  return tracking->Timestamp("current_release_date");
}

}  // namespace

Checked<policy::VexDocument> DecodeCsafVex(const JsonFields& document) {
  const auto time = ReadCsafHead(document);
  if (!time) return std::unexpected(time.error());
  ProductTree tree;
  if (auto read = tree.Read(document); !read) return std::unexpected(read.error());
  const auto list = document.List("vulnerabilities", limits::kVexStatements);
  if (!list) return std::unexpected(list.error());
  VexStatements statements;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto fields = JsonFields::Of((*list)[i], VexPlace("vulnerabilities", i));
    if (!fields) return std::unexpected(fields.error());
    if (auto read = CsafVulnerability(*fields, tree, *time, statements).Read(); !read) return std::unexpected(read.error());
  }
  return policy::VexDocument("CSAF VEX", statements.Take());
}

}  // namespace hullwright::verify
