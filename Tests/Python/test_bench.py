"""The benchmark: all scenarios run, the request counts are right, and the results can be compared and drawn."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import unittest

from azure.identity import WorkloadIdentityCredential

import benchmark_plots
import world as w


class BenchTest(unittest.TestCase):
    def test_quick_run(self):
        with tempfile.TemporaryDirectory() as directory:
            output = pathlib.Path(directory)
            run = subprocess.run(
                [w.PROGRAMS / "akv-bench", "--quick", "--json", output / "results.json", "--markdown",
                 output / "results.md"], capture_output=True, text=True, timeout=2 * w.DEADLINE)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            results = json.loads((output / "results.json").read_text())
            scenarios = {measurement["scenario"] for measurement in results["measurements"]}
            listed = subprocess.run([w.PROGRAMS / "akv-bench", "--list"], capture_output=True, text=True, check=True)
            self.assertEqual(scenarios, {line.split()[0] for line in listed.stdout.splitlines()})
            for measurement in results["measurements"]:
                self.assertIn(measurement["scenario"], run.stdout)
                self.assertIn(measurement["variant"], (output / "results.md").read_text())
                if measurement["scenario"] == "allocations":
                    self.assertEqual([f["name"] for f in measurement["figures"]], ["per mount"])
                    self.assertGreater(measurement["figures"][0]["value"], 20)
            self.check_figures(results)

            # Request counts are the same in each run. Compared with half of them, they are a regression.
            same = self.bench("--quick", "--scenario", "cold", "--compare", output / "results.json")
            self.assertEqual(self.regressions(same), [False] * 4)
            for measurement in results["measurements"]:
                for kind in measurement.get("calls") or {}:
                    measurement["calls"][kind] //= 2
            (output / "less.json").write_text(json.dumps(results))
            worse = self.bench("--quick", "--scenario", "cold", "--compare", output / "less.json")
            self.assertEqual(worse.returncode, 1)
            self.assertEqual(self.regressions(worse), [True] * 4)

    def check_figures(self, results):
        milliseconds, lines = benchmark_plots.latency_figure(results)
        self.assertEqual(milliseconds, 20)
        self.assertEqual({name: [objects for objects, _ in points] for name, points in lines.items()},
                         dict.fromkeys(["first mount of a process", "token known, new values", "republish"], [1, 10]))
        # The emulator's latency is included.
        self.assertGreater(lines["first mount of a process"][0][1], 20)
        objects, measured, upstream = benchmark_plots.calls_figure(results)
        self.assertEqual((objects, [pods for pods, _ in measured]), (10, [1, 20]))
        self.assertEqual(upstream, [(1, 14), (20, 280)])
        self.assertEqual(measured[0], (1, 11), "a token request and ten objects")

    @staticmethod
    def regressions(run):
        """For each measurement, whether the number of requests is a regression."""
        return ["REGRESSION" in line for line in run.stdout.splitlines() if "requests per mount" in line]

    def bench(self, *arguments):
        return subprocess.run([w.PROGRAMS / "akv-bench", *arguments], capture_output=True, text=True, timeout=2 * w.DEADLINE)

    def test_every_engine_gets_every_response(self):
        with tempfile.TemporaryDirectory() as directory:
            output = pathlib.Path(directory) / "results.json"
            run = self.bench("--quick", "--scenario", "transport", "--json", output)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            rows = {measurement["variant"]: measurement for measurement in json.loads(output.read_text())["measurements"]}
        engines = ["single requests", "batched requests", "plain handler"]
        batches = {"1 at a time": 50, "10 at a time": 50, "25 at a time": 50, "batches of 10": 5, "batches of 50": 1}
        self.assertEqual(set(rows), {f"{engine}, {load}" for engine in engines for load in batches})
        for variant, row in rows.items():
            with self.subTest(variant):
                engine, load = variant.split(", ")
                self.assertEqual(row["mounts"], 50, "responses")
                self.assertEqual((row["calls"]["vault"], row["calls"]["unauthorized"], row["calls"]["tokens"]), (50, 0, 0))
                self.assertEqual(row["samples"], batches[load])
                self.assertGreater(row["cpuMillisecondsPerMount"], 0)
                self.assertEqual({figure["name"] for figure in row["figures"]}, {"user", "kernel"} | (
                    set() if engine == "plain handler" else {"CPU relative to the plain handler"}))

    def test_bad_input(self):
        for arguments, words in [
                (["--scenario", "absent"], "unknown scenario absent"),
                (["--provider", "/absent/akv-csi"], "/absent/akv-csi is not an executable file"),
                (["--compare", "/absent.json"], "/absent.json cannot be read"),
                (["--soak", "0"], "--soak must be at least 1"),
                (["--quick", "--scenario", "start", "--provider-flag=--absent"], "flag provided but not defined"),
                (["model", "--pods", "2", "--identities", "3"], "--identities must be between 1 and the number of pods")]:
            run = self.bench(*arguments)
            self.assertNotEqual(run.returncode, 0, arguments)
            self.assertIn(words, run.stderr)

    def test_children_end_with_it(self):
        for number in [signal.SIGTERM, signal.SIGKILL]:
            bench = subprocess.Popen([w.PROGRAMS / "akv-bench", "--quick", "--scenario", "storm"],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            # The program prints this line after its emulators have started.
            self.assertEqual(bench.stderr.readline(), b"akv-bench: storm\n")
            children = self.children(bench.pid)
            self.assertGreaterEqual(len(children), 3, "two emulators and a shell")
            bench.send_signal(number)
            bench.stderr.close()
            bench.wait(timeout=w.DEADLINE)
            w.until(lambda: not any(map(self.is_alive, children)), "the end of the benchmark's children")

    @staticmethod
    def children(pid):
        return [int(child) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
                for child in (task / "children").read_text().split()]

    @staticmethod
    def is_alive(pid):
        try:
            state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        return state != "Z"


class TransportClientTest(unittest.TestCase):
    """A process of the scenario `transport` measures nothing unless every response is the expected one."""

    @classmethod
    def setUpClass(cls):
        cls.world = w.World()
        cls.addClassCleanup(cls.world.stop)
        assertion = cls.world.directory / "assertion"
        assertion.write_text(cls.world.token())
        with w.mock_environment(cls.world), WorkloadIdentityCredential(
                tenant_id=w.TENANT, client_id=w.READER, token_file_path=str(assertion)) as credential:
            cls.token = credential.get_token("https://vault.azure.net/.default").token

    def client(self, engine, token, expected):
        file = self.world.directory / "access-token"
        file.write_text(token)
        return subprocess.run(
            [w.PROGRAMS / "akv-bench", "transport-client", "--engine", engine, "--token-file", file, "--expect", expected,
             "--url", f"{w.VAULT_URL}/secrets/plain?api-version=7.4", "--senders", "2", "--batch-size", "3", "--batches", "4",
             "--warm-up-batches", "1"],
            env={**os.environ, **self.world.environment}, capture_output=True, text=True, timeout=2 * w.DEADLINE)

    def test_responses_are_checked(self):
        for engine in ["single", "batched", "plain"]:
            with self.subTest(engine):
                run = self.client(engine, self.token, "plain value")
                self.assertEqual(run.returncode, 0, run.stderr)
                report = json.loads(run.stdout)
                self.assertEqual((report["responses"], len(report["durations"])), (24, 8))
                for token, expected, words in [
                        ("wrong", "plain value", "a response has the status 401"),
                        (self.token, "another value", "a response does not contain the expected value")]:
                    run = self.client(engine, token, expected)
                    self.assertEqual((run.returncode, run.stdout), (1, ""))
                    self.assertIn(words, run.stderr)


if __name__ == "__main__":
    unittest.main()
