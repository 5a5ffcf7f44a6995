#include "sequent/text/sentence_piece_file.h"

#include <bit>

#include "sequent/base/error.h"

namespace sequent {
namespace {

// Numbers of fields, as published in sentencepiece_model.proto.
namespace model_field {
constexpr std::uint32_t kPiece = 1, kTrainer = 2, kNormalizer = 3, kDenormalizer = 5;
}
namespace piece_field {
constexpr std::uint32_t kText = 1, kScore = 2, kType = 3;
}
namespace trainer_field {
constexpr std::uint32_t kKind = 3, kSpaceAsSuffix = 24, kByteFallback = 35, kUnknownText = 44, kBegin = 46, kEnd = 47;
}
namespace normalizer_field {
constexpr std::uint32_t kCharsmap = 2, kDummyPrefix = 3, kRemoveExtra = 4, kEscape = 5;
}

enum WireType : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct Field {
  std::uint32_t number = 0;
  std::uint32_t wire_type = 0;
  std::uint64_t value = 0;  // of kVarint, kFixed32
  std::string_view bytes;   // of kBytes
};

/// The fields of a message, one after the other.
class MessageReader {
 public:
  MessageReader(std::string_view message, std::string_view name) : left_(message), name_(name) {}

  bool next(Field& field) {
    if (left_.empty()) return false;
    const std::uint64_t key = varint();
    check(key >> 3 > 0 && key >> 32 == 0, "{}: not a SentencePiece model: field number {}", name_, key >> 3);
    field = Field();
    field.number = static_cast<std::uint32_t>(key >> 3);
    field.wire_type = static_cast<std::uint32_t>(key & 7);
    switch (field.wire_type) {
      case kVarint:
        field.value = varint();
        break;
      case kFixed64:
        take(8);
        break;
      case kBytes:
        field.bytes = take(varint());
        break;
      case kFixed32:
        for (const char c : take(4))
          field.value = field.value >> 8 | std::uint64_t{static_cast<unsigned char>(c)} << 24;
        break;
      default:
        fail("{}: not a SentencePiece model: field {} has the type {}", name_, field.number, field.wire_type);
    }
    return true;
  }

 private:
  std::string_view take(std::uint64_t bytes) {
    check(bytes <= left_.size(), "{}: not a SentencePiece model: {} bytes announced where {} are left", name_, bytes,
          left_.size());
    const std::string_view taken = left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    return taken;
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= std::uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    fail("{}: not a SentencePiece model: a number of more than 64 bits", name_);
  }

  std::string_view left_;
  std::string_view name_;
};

/// The value of a field that must be of this wire type.
const Field& of_type(const Field& field, WireType type, std::string_view name) {
  check(field.wire_type == type, "{}: not a SentencePiece model: field {} has the type {}", name, field.number,
        field.wire_type);
  return field;
}

SentencePieceModel::Entry read_piece(std::string_view message, std::size_t id, std::string_view name) {
  SentencePieceModel::Entry entry;
  MessageReader reader(message, name);
  for (Field field; reader.next(field);) {
    if (field.number == piece_field::kText) {
      entry.text = of_type(field, kBytes, name).bytes;
    } else if (field.number == piece_field::kScore) {
      entry.score = std::bit_cast<float>(static_cast<std::uint32_t>(of_type(field, kFixed32, name).value));
    } else if (field.number == piece_field::kType) {
      const std::uint64_t type = of_type(field, kVarint, name).value;
      check(type >= 1 && type <= 6, "{}: the type of piece {} must be from 1 to 6, got {}", name, id, type);
      entry.type = static_cast<SentencePieceModel::Type>(type);
    }
  }
  check(!entry.text.empty(), "{}: piece {} must not be empty", name, id);
  return entry;
}

void read_trainer(std::string_view message, SentencePieceModel& model, std::string_view name) {
  MessageReader reader(message, name);
  for (Field field; reader.next(field);) {
    switch (field.number) {
      case trainer_field::kKind:
        check(of_type(field, kVarint, name).value == 1 || field.value == 2,
              "{}: a SentencePiece model must be UNIGRAM (1) or BPE (2), {} is not supported", name, field.value);
        model.kind = static_cast<SentencePieceModel::Kind>(field.value);
        break;
      case trainer_field::kSpaceAsSuffix:
        check(of_type(field, kVarint, name).value == 0, "{}: treat_whitespace_as_suffix is not supported", name);
        break;
      case trainer_field::kByteFallback:
        model.byte_fallback = of_type(field, kVarint, name).value != 0;
        break;
      case trainer_field::kUnknownText:
        model.unknown_text = of_type(field, kBytes, name).bytes;
        break;
      case trainer_field::kBegin:
        model.begin = of_type(field, kBytes, name).bytes;
        break;
      case trainer_field::kEnd:
        model.end = of_type(field, kBytes, name).bytes;
        break;
      default:
        break;
    }
  }
}

void read_normalizer(std::string_view message, SentencePieceModel& model, std::string_view name) {
  MessageReader reader(message, name);
  for (Field field; reader.next(field);) {
    switch (field.number) {
      case normalizer_field::kCharsmap:
        model.charsmap = of_type(field, kBytes, name).bytes;
        break;
      case normalizer_field::kDummyPrefix:
        model.add_dummy_prefix = of_type(field, kVarint, name).value != 0;
        break;
      case normalizer_field::kRemoveExtra:
        model.remove_extra_whitespaces = of_type(field, kVarint, name).value != 0;
        break;
      case normalizer_field::kEscape:
        model.escape_whitespaces = of_type(field, kVarint, name).value != 0;
        break;
      default:
        break;
    }
  }
}

void read_denormalizer(std::string_view message, std::string_view name) {
  MessageReader reader(message, name);
  for (Field field; reader.next(field);) {
    check(field.number != normalizer_field::kCharsmap || field.bytes.empty(),
          "{}: rules for decoding (denormalizer_spec) are not supported", name);
  }
}

void append_varint(std::string& message, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) message += static_cast<char>(value | 0x80);
  message += static_cast<char>(value);
}

void append_number(std::string& message, std::uint32_t field, std::uint64_t value) {
  append_varint(message, field << 3 | kVarint);
  append_varint(message, value);
}

void append_bytes(std::string& message, std::uint32_t field, std::string_view bytes) {
  append_varint(message, field << 3 | kBytes);
  append_varint(message, bytes.size());
  message += bytes;
}

}  // namespace

SentencePieceModel read_sentence_piece_file(std::string_view file, std::string_view name) {
  SentencePieceModel model;
  MessageReader reader(file, name);
  for (Field field; reader.next(field);) {
    if (field.number == model_field::kPiece) {
      model.pieces.push_back(read_piece(of_type(field, kBytes, name).bytes, model.pieces.size(), name));
    } else if (field.number == model_field::kTrainer) {
      read_trainer(of_type(field, kBytes, name).bytes, model, name);
    } else if (field.number == model_field::kNormalizer) {
      read_normalizer(of_type(field, kBytes, name).bytes, model, name);
    } else if (field.number == model_field::kDenormalizer) {
      read_denormalizer(of_type(field, kBytes, name).bytes, name);
    }
  }
  check(!model.pieces.empty(), "{}: a SentencePiece model must have pieces", name);
  return model;
}

std::string write_piece(const SentencePieceModel::Entry& entry) {
  std::string message;
  append_bytes(message, piece_field::kText, entry.text);
  append_varint(message, piece_field::kScore << 3 | kFixed32);
  const auto bits = std::bit_cast<std::uint32_t>(entry.score);
  for (int shift = 0; shift < 32; shift += 8) message += static_cast<char>(bits >> shift & 0xFF);
  append_number(message, piece_field::kType, static_cast<std::uint64_t>(entry.type));
  std::string field;
  append_bytes(field, model_field::kPiece, message);
  return field;
}

std::string write_sentence_piece_file(const SentencePieceModel& model) {
  std::string file;
  for (const SentencePieceModel::Entry& entry : model.pieces) file += write_piece(entry);
  std::string trainer;
  append_number(trainer, trainer_field::kKind, static_cast<std::uint64_t>(model.kind));
  append_number(trainer, trainer_field::kByteFallback, model.byte_fallback);
  append_bytes(trainer, trainer_field::kUnknownText, model.unknown_text);
  append_bytes(trainer, trainer_field::kBegin, model.begin);
  append_bytes(trainer, trainer_field::kEnd, model.end);
  append_bytes(file, model_field::kTrainer, trainer);
  std::string normalizer;
  append_bytes(normalizer, normalizer_field::kCharsmap, model.charsmap);
  append_number(normalizer, normalizer_field::kDummyPrefix, model.add_dummy_prefix);
  append_number(normalizer, normalizer_field::kRemoveExtra, model.remove_extra_whitespaces);
  append_number(normalizer, normalizer_field::kEscape, model.escape_whitespaces);
  append_bytes(file, model_field::kNormalizer, normalizer);
  return file;
}

}  // namespace sequent
