// Where cpprestsdk writes a response body: hands each piece on as it arrives, and holds the connection back while the receiver is
// busy. cpprestsdk's own producer/consumer buffer does neither: it has no bound and its readers wait for a fixed count of bytes.
#pragma once

#include <cpprest/astreambuf.h>

#include <functional>
#include <string_view>
#include <utility>

namespace hullwright::http {

class BodySink final : public concurrency::streams::details::streambuf_state_manager<std::uint8_t> {
 public:
  // Takes the bytes; the task is done when more may come.
  using Receiver = std::function<pplx::task<void>(std::string_view)>;

  explicit BodySink(Receiver receiver) : streambuf_state_manager(std::ios_base::out), receiver_(std::move(receiver)) {}

 private:
  using Base = concurrency::streams::details::streambuf_state_manager<std::uint8_t>;

  pplx::task<size_t> _putn(const std::uint8_t* bytes, size_t count) override {
    return receiver_(std::string_view(reinterpret_cast<const char*>(bytes), count)).then([count] { return count; });
  }
  pplx::task<int_type> _putc(std::uint8_t byte) override {
    return _putn(&byte, 1).then([byte](size_t) { return static_cast<int_type>(byte); });
  }
  pplx::task<bool> _sync() override { return pplx::task_from_result(true); }

  // A sink only: nothing can be read, sought or written in place.
  bool can_seek() const override { return false; }
  bool has_size() const override { return false; }
  size_t buffer_size(std::ios_base::openmode) const override { return 0; }
  void set_buffer_size(size_t, std::ios_base::openmode) override {}
  size_t in_avail() const override { return 0; }
  pos_type getpos(std::ios_base::openmode) const override { return static_cast<pos_type>(traits::eof()); }
  pos_type seekpos(pos_type, std::ios_base::openmode) override { return static_cast<pos_type>(traits::eof()); }
  pos_type seekoff(off_type, std::ios_base::seekdir, std::ios_base::openmode) override { return static_cast<pos_type>(traits::eof()); }
  bool acquire(std::uint8_t*&, size_t&) override { return false; }
  void release(std::uint8_t*, size_t) override {}
  std::uint8_t* _alloc(size_t) override { return nullptr; }
  void _commit(size_t) override {}
  static pplx::task<int_type> End() { return pplx::task_from_result(static_cast<int_type>(traits::eof())); }
  pplx::task<int_type> _bumpc() override { return End(); }
  int_type _sbumpc() override { return traits::eof(); }
  pplx::task<int_type> _getc() override { return End(); }
  int_type _sgetc() override { return traits::eof(); }
  pplx::task<int_type> _nextc() override { return End(); }
  pplx::task<int_type> _ungetc() override { return End(); }
  pplx::task<size_t> _getn(std::uint8_t*, size_t) override { return pplx::task_from_result(size_t{0}); }
  size_t _scopy(std::uint8_t*, size_t) override { return 0; }

  Receiver receiver_;
};

}  // namespace hullwright::http
