import pytest

from relmaps.study.progress import Job, Progress, duration, last_line, without_traceback


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def begin(progress, number, rule, stage="classify", **wildcards):
    log = f"results/demo/{stage}/logs/{rule}-{number}.log"
    info = {"event": "job_info", "jobid": number, "rule_name": rule, "wildcards": wildcards, "log": [log]}
    progress.take({"event": "job_started"})
    progress.take(info)


def end(progress, number):
    progress.take({"event": "job_finished", "job_id": number})


@pytest.fixture
def run():
    """A run of 10 jobs of 2 s and one of another rule, of which 6 are done after 6 s, two side by side."""
    progress = Progress(Clock())
    progress.take({"event": "run_info", "stats": {"fit": 10, "draw": 1, "total": 11}})
    for pair in range(3):
        begin(progress, 2 * pair, "fit")
        begin(progress, 2 * pair + 1, "fit")
        progress.clock.now += 2
        end(progress, 2 * pair)
        end(progress, 2 * pair + 1)
    return progress


def test_the_line_has_stage_jobs_time_left_and_the_newest_job(run):
    begin(run, 7, "pool", "relevance", map="lrp")
    run.clock.now += 0.5
    begin(run, 6, "fit", fold="3")
    assert run.stage == "classify"  # the earlier one of two
    assert run.line() == "classify    6 of 11 jobs, about 5 s left  (fit, fold 3)"


def test_the_time_left_counts_each_rule_and_what_runs_side_by_side(run):
    assert run.left_s() == pytest.approx(5 * 2 / 2)  # four of fit, and draw, which takes as long as any job
    begin(run, 6, "fit")
    begin(run, 7, "fit")
    run.clock.now += 1
    assert run.left_s() == pytest.approx((5 * 2 - 2) / 2)


def test_the_time_left_is_not_guessed_from_few_jobs():
    progress = Progress(Clock())
    progress.take({"event": "run_info", "stats": {"fit": 10, "total": 10}})
    for number in range(4):
        begin(progress, number, "fit")
        progress.clock.now += 1
        end(progress, number)
    assert "left" not in progress.line()


def test_what_comes_before_the_jobs_is_shown():
    progress = Progress()
    progress.take({"event": "message", "text": "Creating conda environment envs/torch.yaml...\nmore"})
    assert progress.line() == "Creating conda environment envs/torch.yaml..."


def test_a_failed_job_is_one_block(tmp_path):
    log = tmp_path / "cohort/logs/preprocess_scans-3.log"
    log.parent.mkdir(parents=True)
    log.write_text("12:00:00 python /usr/bin/python\n12:00:01 sub-012: the disk is full; free some space\n")
    progress = Progress()
    info = {"event": "job_info", "jobid": 3, "rule_name": "preprocess_scans", "wildcards": {"batch": "3"}}
    progress.take(info | {"log": [str(log)]})
    progress.take({"event": "job_error", "jobid": 3, "rule_name": "preprocess_scans", "log": [str(log)]})
    block = "Failed: preprocess_scans, batch 3\n  error: sub-012: the disk is full; free some space\n  log:   " + str(
        log
    )
    assert list(progress.failed.values()) == [block]
    progress.take(info | {"log": [str(log)]})
    progress.take({"event": "job_finished", "job_id": 3})
    assert progress.failed == {}, "a job that was tried again and went well has not failed"


def test_a_job_without_a_log_is_told_as_such(tmp_path):
    assert last_line(str(tmp_path / "absent.log")) == "the job ended before it wrote to its log"


def test_errors_of_the_workflow_lose_the_places_in_its_files():
    text = 'WorkflowError in file "/x/a.smk", line 22:\nconfig: unknown key a\n  File "/x/a.smk", line 22, in <m>'
    assert without_traceback(text) == "config: unknown key a"
    assert without_traceback("WorkflowError:\nno rule\nto make it") == "no rule\nto make it"


def test_a_rule_without_log_has_no_stage():
    assert Job("all", {}, [], 0).stage == ""


@pytest.mark.parametrize(("seconds", "text"), [(0, "1 s"), (89, "89 s"), (95, "2 min"), (5500, "1.5 h")])
def test_times_are_round(seconds, text):
    assert duration(seconds) == text
