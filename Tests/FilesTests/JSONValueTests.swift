import Testing

@testable import Files

@Suite(.serialized) struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue {
        try JSONValue(Array(text.utf8), file: "f")
    }

    @Test("Values are what they say")
    func values() throws {
        #expect(
            try parse(#" {"a" : [1, -2.5e0, true, null, "xA\n\ud83d\ude00"], "b":{}} "#)
                == .object(["a": [1, -2.5, true, .null, "xA\n😀"], "b": .object([:])]))
        #expect(try parse("[-Infinity, Infinity]") == [.real(-.infinity), .real(.infinity)])
        #expect(try parse("NaN").number?.isNaN == true)
        #expect(try parse("9223372036854775807") == .integer(.max))
        #expect(try parse("9223372036854775808") == .real(9_223_372_036_854_775_808))
    }

    @Test(
        "What is not JSON is refused",
        arguments: [
            "", " ", "{", "}", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "01", "-", "1.",
            ".5", "1e", "+1", "tru", "nul", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
            "\"\\udc00\"", "\"a\nb\"", "1 2", "[1]]", "-Inf", "\u{FEFF}{}", "'a'", "\"\\",
            String(repeating: "[", count: 100_000), String(repeating: "[{\"a\":", count: 100_000),
        ])
    func refused(_ text: String) {
        #expect(throws: ReadError.self) { _ = try parse(text) }
    }

    @Test(
        "Bytes that are no UTF-8 are refused without a trap, in a key's place too",
        arguments: ["{", "[", "{\"a\":", "\""])
    func notUnicode(_ before: String) {
        for byte in [UInt8(0x80), 0xC3, 0xED, 0xF0, 0xFF] {
            #expect(throws: ReadError.self) {
                _ = try JSONValue(Array(before.utf8) + [byte, byte], file: "f")
            }
        }
    }

    @Test("A document takes time by its length, however it is nested", .timeLimit(.minutes(1)))
    func takesNoLongerThanItIsLong() throws {
        let deep = String(repeating: "[{\"a\":", count: 30) + "0" + String(repeating: "}]", count: 30)
        for _ in 0..<100 { _ = try parse(deep) }
        let numbers = "[" + String(repeating: "1,2.5,", count: 500_000) + "3]"
        guard case .array(let elements) = try parse(numbers) else { return #expect(Bool(false)) }
        #expect(elements.count == 1_000_001)
        #expect(throws: ReadError.self) {
            _ = try parse("[" + String(repeating: "1,", count: 4_000_000) + "3]")
        }
    }

    @Test("Every beginning of a document is refused without a trap")
    func truncated() throws {
        let text = Array(#"{"a":[1,-2.5e1,true,null,"\u0041\ud83d\ude00é"],"b":{"c":-Infinity}}"#.utf8)
        _ = try JSONValue(text, file: "f")
        for count in 0..<text.count {
            #expect(throws: ReadError.self) {
                _ = try JSONValue(Array(text[..<count]), file: "f")
            }
        }
    }

    @Test("A text is read back from its quoted form")
    func quoting() throws {
        let text = "a\"b\\c\nd\u{1}e/é😀\u{7F}"
        #expect(try parse(quotedJSON(text)) == .string(text))
    }
}
