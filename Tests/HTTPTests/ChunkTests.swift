// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTP

struct ChunkTests {
    @Test(arguments: [
        ("0\r\n\r\n", ""), ("000\r\n\r\n", ""), ("2\r\n{}\r\n0\r\n\r\n", "{}"), ("02\r\n{}\r\n0\r\n\r\n", "{}"),
        ("a\r\n0123456789\r\n0\r\n\r\n", "0123456789"), ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        ("1\r\na\r\n1\r\nb\r\n0\r\n\r\n", "ab"), ("0000000000000002\r\n{}\r\n0\r\n\r\n", "{}"),
        ("4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"),
        ("2;a\r\n{}\r\n0\r\n\r\n", "{}"), ("2;a=b\r\n{}\r\n0;c\r\n\r\n", "{}"),
        ("2;a=b;c=\"d;\\\" e\"\r\n{}\r\n0\r\n\r\n", "{}"),
        ("2;a=\"\"\r\n{}\r\n0\r\n\r\n", "{}"), ("2;a=\"\\\\\";b\r\n{}\r\n0\r\n\r\n", "{}"),
        ("2\r\n{}\r\n0\r\nA: b\r\nC:\r\n\r\n", "{}"),
        ("2\r\n{}\r\n0\r\nAuthorization: Bearer x\r\nContent-Length: 9\r\n\r\n", "{}"),
    ])
    func `chunks give their data and nothing else`(_ content: String, _ body: String) {
        let input = Array(chunked(content).utf8)
        let result = trace(input)
        #expect(result.verdict == "200")
        #expect(result.body == Array(body.utf8))
        #expect(result.messages.first?.fields.count == 4)
        for cut in 1..<input.count { #expect(trace(input, cutAt: [cut]) == result, "cut at \(cut)") }
    }

    @Test(arguments: [
        "\r\n", " 2\r\n{}\r\n", "2 \r\n{}\r\n", "2\t\r\n{}\r\n", "0x2\r\n{}\r\n", "+2\r\n{}\r\n", "-2\r\n{}\r\n",
        "g\r\n", "2\n{}\r\n",
        "2\r{}\r\n", "2\rX{}", "2\r\r\n{}", "2\r\n{}\n0\r\n\r\n", "2\r\n{}XX0\r\n\r\n", "2\r\n{}\rX",
        "2\r\n{}0\r\n\r\n", "2\r\n{\r\n0\r\n\r\n",
        "2,2\r\n{}", "2:a\r\n{}", "2;\r\n{}", "2;;a\r\n{}", "2;a;\r\n{}", "2;=b\r\n{}", "2;a=\r\n{}", "2;a==b\r\n{}",
        "2; a\r\n{}", "2;a =b\r\n{}",
        "2;a= b\r\n{}", "2;a b\r\n{}", "2;a\n{}", "2;\n{}", "2;a\rb\r\n{}", "2;a\0b\r\n{}", "2;a=\"b\r\n{}",
        "2;a=\"b\"c\r\n{}",
        "2;a=\"\u{1}\"\r\n{}", "2;a=\"\\\n\"\r\n{}", "2;a=\"b\n\"\r\n{}", "2;\u{E9}\r\n{}", "0\r\nX\r\n\r\n",
        "0\r\n X: y\r\n\r\n", "0\n\n", "0\r\n\n",
        "0\r\n\rX", "0\r\nX: y\n\r\n", "0\r\nX: \0\r\n\r\n", "0\r\nX_Y: z\r\n\r\n", "0\r\nX : y\r\n\r\n",
        "0\r\nX: y\r\n z\r\n\r\n",
        "2\r\n{}\r\n\r\n0\r\n\r\n", "0\r\n: y\r\n\r\n", "0\r\nXGET /smuggled HTTP/1.1\r\nHost: gw.test\r\n\r\n",
        "00000000000000002\r\n{}",
    ])
    func `anything else in chunk framing is refused`(_ content: String) {
        #expect(trace(chunked(content)).error?.status == 400)
    }

    @Test(arguments: ["7fffffffffffffff", "ffffffffffffffff", "8000000000000000", "fffffffffffffff", "400001"])
    func `a chunk size over the limit is refused before its data`(_ size: String) {
        #expect(trace(chunked("\(size)\r\n")).error?.status == 413)
        #expect(trace(chunked("3fffff\r\n")).error == nil)
    }

    @Test func `data may look like framing`() {
        let body = "0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"
        let result = trace(chunked(String(body.utf8.count, radix: 16) + "\r\n" + body + "\r\n0\r\n\r\n"))
        #expect(result.bodies == [Array(body.utf8)])
    }
}
