#include "sequent/train/metrics.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/support/files.h"

namespace sequent {
namespace {

using test::TemporaryDirectory;

StepMetrics step_metrics(std::int64_t step) {
  StepMetrics metrics;
  metrics.step = step;
  metrics.loss = 2.5;
  return metrics;
}

TEST(StepMetrics, AreOneJsonObjectWithTheStableKeys) {
  StepMetrics metrics = step_metrics(20);
  metrics.tokens = std::int64_t{1} << 40;
  metrics.val_loss = 2.25;
  metrics.lr = 0.001;
  metrics.grad_norm = 0.5;
  metrics.tokens_per_second = 3000;
  metrics.seconds = 1.5;
  metrics.moe = {{.layer = 1, .share = {0.25, 0.75}, .drop_rate = 0.125, .entropy = 0.5}};
  EXPECT_EQ(to_json_line(metrics),
            R"({"step":20,"tokens":1099511627776,"loss":2.5,"val_loss":2.25,"lr":0.001,"grad_norm":0.5,)"
            R"("tokens_per_second":3000.0,"seconds":1.5,)"
            R"("moe":[{"layer":1,"share":[0.25,0.75],"drop_rate":0.125,"entropy":0.5}]})");
  EXPECT_EQ(to_json_line({.step = 3, .clips_per_second = 4, .feature_std = 0.5, .effective_rank = 9}),
            R"({"step":3,"clips_per_second":4.0,"feature_std":0.5,"effective_rank":9.0})");
}

TEST(StepMetrics, WriteWhatIsNotFiniteAsNull) {
  StepMetrics metrics = step_metrics(1);
  metrics.loss = std::numeric_limits<double>::quiet_NaN();
  metrics.lr = std::numeric_limits<double>::infinity();
  EXPECT_EQ(to_json_line(metrics), R"({"step":1,"loss":null,"lr":null})");
}

TEST(MetricsLog, HandsEveryLineToTheSystemAtOnce) {
  const TemporaryDirectory directory;
  MetricsLog log(directory.path(), 0);
  log.add(step_metrics(1));
  EXPECT_EQ(read_text(directory / "metrics.jsonl"), "{\"step\":1,\"loss\":2.5}\n");
  log.add(step_metrics(2));
  log.sync();
  EXPECT_EQ(read_text(directory / "metrics.jsonl"), "{\"step\":1,\"loss\":2.5}\n{\"step\":2,\"loss\":2.5}\n");
}

TEST(MetricsLog, ContinuesAfterTheStepsThatWereKept) {
  const TemporaryDirectory directory;
  {
    MetricsLog log(directory.path(), 0);
    for (const std::int64_t step : {10, 20, 30}) log.add(step_metrics(step));
  }
  cut_metrics(directory / "metrics.jsonl", 20);
  MetricsLog log(directory.path(), 20);
  log.add(step_metrics(25));
  EXPECT_EQ(read_text(directory / "metrics.jsonl"),
            "{\"step\":10,\"loss\":2.5}\n{\"step\":20,\"loss\":2.5}\n{\"step\":25,\"loss\":2.5}\n");
}

TEST(CutMetrics, DropsLaterAndTornLinesWhereverTheKillFell) {
  const TemporaryDirectory directory;
  const std::string path = directory / "metrics.jsonl";
  const std::string kept = "{\"step\":1}\n{\"step\":2,\"loss\":2.0}\n";
  const std::string last = "{\"step\":2,\"loss\":3.0}\n";
  for (std::size_t size = 0; size < last.size(); ++size) {
    write_file_atomically(path, kept + last.substr(0, size));
    cut_metrics(path, 2);
    EXPECT_EQ(read_text(path), kept) << size;
  }
  write_file_atomically(path, kept + "{\"step\":3}\n{\"step\":4}\n" + std::string(7, '\0') + "\n");
  cut_metrics(path, 3);
  EXPECT_EQ(read_text(path), kept + "{\"step\":3}\n");
  cut_metrics(path, 0);
  EXPECT_EQ(read_text(path), "");
  cut_metrics(directory / "absent", 3);
}

TEST(MetricsLog, NamesAFullDisk) {
  const TemporaryDirectory directory;
  MetricsLog log(directory.path(), 0);
  const test::FileSizeLimit limit(200);
  EXPECT_EQ(test::error_of([&] {
              for (std::int64_t step = 1; step < 100; ++step) log.add(step_metrics(step));
            }).substr(0, 13),
            "cannot write ");
}

}  // namespace
}  // namespace sequent
