// SPDX-License-Identifier: Apache-2.0

/// What a client of this field sends and gets, as bytes.
enum Samples {
    static let requestID = Array("4f1c9a7f3b2d4e5f0000000000000001".utf8)
    static let server = Array("weather".utf8)
    static let key = "bench-0998-6f1de9a3e3b74d0c8a1e8f0d2c5b7a99"

    static let call = Array(
        (#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"progressToken":"pt-1"},"#
            + #""name":"get_weather","arguments":{"city":"Paris","units":"metric","days":3,"lang":"en","#
            + #""note":"please include humidity and wind, thanks \"friend\""}}}"#).utf8
    )

    /// A call with a string of 64 KiB in front of the name.
    static let largeCall = Array(
        (#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{"blob":""#
            + String(repeating: "abcdefghijklmnopqrstuvwxyz", count: 2510) + #""},"name":"get_weather"}}"#).utf8
    )

    static let result = Array(
        (#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"The current weather in Paris is "#
            + #"18 degrees Celsius with light rain, wind 12 km/h from the south-west, humidity 71 percent."}],"#
            + #""isError":false,"structuredContent":{"t":18.0}}}"#).utf8
    )

    /// Ten fields, as MCP clients send them, and the body of `call`.
    static let request =
        Array(
            ("POST /weather/mcp HTTP/1.1\r\nHost: gateway.example:8443\r\nUser-Agent: python-httpx/0.28.1\r\n"
                + "Accept: application/json, text/event-stream\r\nAccept-Encoding: gzip, deflate\r\n"
                + "Connection: keep-alive\r\nContent-Type: application/json\r\nMCP-Protocol-Version: 2025-06-18\r\n"
                + "Mcp-Session-Id: b6a1f0de-0d3c-4d5e-9d7c-3a3f9b9f1e11\r\nX-API-Key: \(key)\r\n"
                + "Content-Length: \(call.count)\r\n\r\n").utf8
        ) + call

    static let response =
        Array(
            ("HTTP/1.1 200 OK\r\ndate: Tue, 15 Nov 1994 08:12:31 GMT\r\nserver: uvicorn\r\ncache-control: no-cache\r\n"
                + "content-type: application/json\r\nmcp-session-id: 1868a90c5ae2450f8f4f9b2d3e\r\n"
                + "content-length: \(result.count)\r\n\r\n").utf8
        ) + result

    static let event = Array("event: message\r\ndata: ".utf8) + result + Array("\r\n\r\n".utf8)

    static let chunked =
        Array(
            ("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
                + "transfer-encoding: chunked\r\n\r\n\(String(event.count, radix: 16))\r\n").utf8
        ) + event + Array("\r\n0\r\n\r\n".utf8)
}
