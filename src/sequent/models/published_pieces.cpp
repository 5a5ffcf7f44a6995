#include "sequent/models/published_pieces.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/base/threads.h"

namespace sequent {
namespace {

bool is_transposed(const PublishedName& name, const Shape& shape) {
  return name.layout == NameRule::Layout::transposed && shape.rank() == 2;
}

Shape with_first(std::int64_t first, std::span<const std::int64_t> rest) {
  std::vector<std::int64_t> sizes = {first};
  sizes.insert(sizes.end(), rest.begin(), rest.end());
  return Shape(std::span<const std::int64_t>(sizes));
}

// Of the whole tensor, of which parameters have `shape`. How many entries a stack has, one of them cannot know.
Shape published_shape(const PublishedName& name, const Shape& shape, std::int64_t entries) {
  if (name.layout == NameRule::Layout::depthwise) return {shape[0], 1, shape[1]};
  check(shape.rank() > 0 || (name.parts == 1 && name.layout != NameRule::Layout::stacked),
        "names: a single number has no parts");
  if (shape.rank() == 0) return shape;
  if (is_transposed(name, shape)) return {shape[1], name.parts * shape[0]};
  const Shape whole = with_first(name.parts * shape[0], shape.sizes().subspan(1));
  return name.layout == NameRule::Layout::stacked ? with_first(entries, whole.sizes()) : whole;
}

// The matrix whose rows are columns of `from` from `begin` on. Some rows at a time, because the bytes beside one that
// is read come in with it.
template <class Element>
void transpose_columns(const Tensor& from, std::int64_t begin, const Tensor& to) {
  constexpr std::int64_t kRows = 16;
  const auto* in = reinterpret_cast<const Element*>(from.raw());
  auto* out = reinterpret_cast<Element*>(to.mutable_raw());
  const std::int64_t rows = to.rows(), columns = to.columns(), stride = from.columns();
  parallel_for(0, (rows + kRows - 1) / kRows, 4, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t block = first; block < last; ++block) {
      for (std::int64_t c = 0; c < columns; ++c) {
        for (std::int64_t r = block * kRows; r < std::min(rows, (block + 1) * kRows); ++r) {
          out[r * columns + c] = in[c * stride + begin + r];
        }
      }
    }
  });
}

// The columns [begin, begin + rows) of a matrix as rows.
Tensor transposed(const Tensor& from, std::int64_t begin, std::int64_t rows) {
  const Tensor to = Tensor::empty({rows, from.rows()}, from.dtype());
  if (size_of(from.dtype()) == 4) {
    transpose_columns<std::uint32_t>(from, begin, to);
  } else {
    check(size_of(from.dtype()) == 2, "load: a transposed matrix must be of f32, f16 or bf16, got {}",
          name_of(from.dtype()));
    transpose_columns<std::uint16_t>(from, begin, to);
  }
  return to;
}

// One published tensor out of its pieces, which are in order.
NamedTensor joined(std::span<const PublishedPiece> pieces) {
  const PublishedName& name = pieces.front().name;
  const Shape& shape = pieces.front().tensor.shape();
  const std::int64_t parts = name.parts, entries = static_cast<std::int64_t>(pieces.size()) / parts;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const PublishedName& piece = pieces[i].name;
    const auto at = static_cast<std::int64_t>(i);
    check(piece.entry == at / parts && piece.part == at % parts && pieces[i].tensor.shape() == shape,
          "save: {} lacks one of its parts, or they differ in shape", name.name);
  }
  check(entries * parts == static_cast<std::int64_t>(pieces.size()) &&
            (entries == 1 || name.layout == NameRule::Layout::stacked),
        "save: {} lacks one of its parts", name.name);
  if (pieces.size() == 1 && !is_transposed(name, shape)) {
    return {name.name, pieces.front().tensor.reshape(published_shape(name, shape, 1))};
  }
  const Tensor whole =
      Tensor::empty(with_first(entries * parts * shape[0], shape.sizes().subspan(1)), pieces.front().tensor.dtype());
  std::byte* to = whole.mutable_raw();
  for (const PublishedPiece& piece : pieces) {
    const auto bytes = static_cast<std::size_t>(piece.tensor.bytes());
    std::memcpy(to, piece.tensor.raw(), bytes);
    to += bytes;
  }
  if (is_transposed(name, shape)) return {name.name, transposed(whole, 0, whole.columns())};
  return {name.name, whole.reshape(published_shape(name, shape, entries))};
}

}  // namespace

Tensor cut_piece(const Tensor& published, const PublishedName& name, const Shape& shape) {
  const std::int64_t entries =
      name.layout == NameRule::Layout::stacked && published.shape().rank() > 0 ? published.size(0) : 1;
  expect_shape("load", name.name, published, published_shape(name, shape, entries));
  check(name.entry < entries, "load: {} has {} entries, {} is asked for", name.name, entries, name.entry);
  if (is_transposed(name, shape)) return transposed(published, name.part * shape[0], shape[0]);
  if (name.parts == 1 && name.layout != NameRule::Layout::stacked) return published.reshape(shape);
  const std::int64_t rows = shape[0], begin = (name.entry * name.parts + name.part) * rows;
  const Shape pieces = with_first(entries * name.parts * rows, shape.sizes().subspan(1));
  return published.reshape(pieces).slice(begin, begin + rows);
}

std::vector<NamedTensor> join_pieces(std::vector<PublishedPiece> pieces) {
  std::unordered_map<std::string, std::size_t> places;
  std::vector<std::vector<PublishedPiece>> wholes;
  for (PublishedPiece& piece : pieces) {
    const auto [place, is_new] = places.emplace(piece.name.name, wholes.size());
    if (is_new) wholes.emplace_back();
    wholes[place->second].push_back(std::move(piece));
  }
  std::vector<NamedTensor> tensors;
  for (std::vector<PublishedPiece>& whole : wholes) {
    std::sort(whole.begin(), whole.end(), [](const PublishedPiece& a, const PublishedPiece& b) {
      return std::pair(a.name.entry, a.name.part) < std::pair(b.name.entry, b.name.part);
    });
    tensors.push_back(joined(whole));
  }
  return tensors;
}

}  // namespace sequent
