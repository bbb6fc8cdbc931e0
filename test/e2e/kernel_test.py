"""The kernel suite of the Jupyter project (jupyter_kernel_test), with every optional sample that a kernel may give.

Run with the Python that has jupyter_kernel_test, after `lamella install`:  python3 test/e2e/kernel_test.py
The pager has no sample: payloads are deprecated in the protocol, and Lamella shows documentation as an inspection.
"""

import unittest

import jupyter_kernel_test


class LamellaKernelTests(jupyter_kernel_test.KernelTests):
    kernel_name = "lamella"
    language_name = "typescript"
    file_extension = ".ts"

    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('this is on stderr')"

    completion_samples = [
        {"text": "JSON.pars", "matches": {"parse"}},
        {"text": "Math.atan", "matches": {"atan", "atan2", "atanh"}},
        {"text": "'\U0001f600'.toUpper", "matches": {"toUpperCase"}},
    ]

    complete_code_samples = ["1", "let x = 1", "function f() { return 1 }", "await Promise.resolve(1)", "net N(x: 2) { dense 1 }"]
    incomplete_code_samples = ["function f() {", "console.log(", "[1,", "`text", "/* comment", "net N(x: 2) {"]
    invalid_code_samples = ["let 1 = x", "a b c", "}", "f(]"]

    code_generate_error = "throw new Error('as wished')"

    code_execute_result = [
        {"code": "1 + 2", "result": "3"},
        {"code": "'a' + 'b'", "result": "'ab'"},
        {"code": "await Promise.resolve([1, 2])", "result": "[ 1, 2 ]"},
        {"code": "const sum = (a: number, b: number) => a + b; sum(2, 3)", "result": "5"},
        {"code": "html('<b>bold</b>')", "mime": "text/html", "result": "<b>bold</b>"},
    ]

    code_display_data = [
        {"code": "display(html('<b>bold</b>'))", "mime": "text/html"},
        {"code": "display(svg('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'))", "mime": "image/svg+xml"},
        {"code": "display(markdown('**bold**'))", "mime": "text/markdown"},
        {"code": "display(1); null", "mime": "text/plain"},
        {"code": "%%html\n<b>bold</b>", "mime": "text/html"},
    ]

    code_history_pattern = "1?+*2"
    supported_history_operations = ("tail", "range", "search")

    code_inspect_sample = "JSON.parse"
    code_clear_output = "clearOutput()"

    def test_interrupt(self):
        self.flush_channels()
        self.kc.execute("let kept = 7; while (true) {}")
        import time

        time.sleep(1)
        self.km.interrupt_kernel()
        reply = self.get_non_kernel_info_reply(timeout=5)
        self.assertEqual(reply["content"]["status"], "error")
        self.assertEqual(reply["content"]["ename"], "KeyboardInterrupt")
        self.flush_channels()
        reply, output = self.execute_helper("kept")
        self.assertEqual(output[0]["content"]["data"]["text/plain"], "7")


if __name__ == "__main__":
    unittest.main()
