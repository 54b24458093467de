#include "cli/support/tar_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string_view>

#include "base/text.h"

namespace hullwright::cli {
namespace {

template <auto Free>
struct ArchiveDeleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using ArchiveWriter = std::unique_ptr<archive, ArchiveDeleter<archive_write_free>>;
using EntryPointer = std::unique_ptr<archive_entry, ArchiveDeleter<archive_entry_free>>;

std::unexpected<Error> ArchiveFailure(archive* source, std::string_view what) {
  const char* reason = archive_error_string(source);
  return Fail(ErrorCode::kInternal, fmt::format("{}: {}", what, reason == nullptr ? "unknown error" : Printable(reason)));
}

bool StaysInside(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.back() == '/' || path.find('\0') != std::string_view::npos) return false;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    if (part.empty() || part == "." || part == "..") return false;
    path.remove_prefix(std::min(path.size(), part.size() + 1));
  }
  return true;
}

la_ssize_t AppendTo(archive*, void* text, const void* bytes, std::size_t size) {
  static_cast<std::string*>(text)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

Result<ArchiveWriter> OpenWriter(std::string& out) {
  ArchiveWriter writer(archive_write_new());
  const bool open = writer && archive_write_set_format_pax_restricted(writer.get()) == ARCHIVE_OK &&
                    archive_write_add_filter_gzip(writer.get()) == ARCHIVE_OK &&
                    archive_write_set_filter_option(writer.get(), "gzip", "timestamp", nullptr) == ARCHIVE_OK &&
                    archive_write_set_bytes_in_last_block(writer.get(), 1) == ARCHIVE_OK &&  // no zeros behind the end
                    archive_write_open(writer.get(), &out, nullptr, AppendTo, nullptr) == ARCHIVE_OK;
  if (!open) return ArchiveFailure(writer.get(), "an archive cannot be begun");
  return writer;
}

Result<void> WriteEntry(archive* writer, const std::string& path, const std::string& bytes, Time modified) {
  const EntryPointer entry(archive_entry_new());
  if (!entry) return Fail(ErrorCode::kInternal, "no memory for an archive");
  archive_entry_set_pathname_utf8(entry.get(), path.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes.size()));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0600);
  archive_entry_set_mtime(entry.get(), std::chrono::floor<std::chrono::seconds>(modified).time_since_epoch().count(), 0);
  if (archive_write_header(writer, entry.get()) != ARCHIVE_OK) return ArchiveFailure(writer, path);
  if (archive_write_data(writer, bytes.data(), bytes.size()) != static_cast<la_ssize_t>(bytes.size())) return ArchiveFailure(writer, path);
  return {};
}

}  // namespace

Result<std::string> PackTarGz(const std::string& folder, const std::vector<ArchivedFile>& files, Time modified) {
  std::string out;
  auto writer = OpenWriter(out);
  if (!writer) return std::unexpected(writer.error());
  std::set<std::string> seen;
  for (const ArchivedFile& file : files) {
    const std::string path = folder + "/" + file.path;
    if (!StaysInside(path) || !seen.insert(path).second)
      return Fail(ErrorCode::kInvalidInput, fmt::format("{}: no path for an archive, or there twice", Printable(path)));
    if (auto written = WriteEntry(writer->get(), path, file.bytes, modified); !written) return std::unexpected(written.error());
  }
  if (archive_write_close(writer->get()) != ARCHIVE_OK) return ArchiveFailure(writer->get(), "an archive cannot be ended");
  return out;
}

}  // namespace hullwright::cli
