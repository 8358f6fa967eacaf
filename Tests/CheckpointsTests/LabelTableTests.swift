import Checkpoints
import Failures
import Testing

@Suite(.serialized) struct LabelTableTests {
    private let table = LabelTable([
        0: "tench, Tinca tinca", 1: "goldfish, Carassius auratus", 134: "crane", 517: "crane", 33: "7",
        282: "tiger cat", 292: "tiger, Panthera tigris",
    ])

    @Test(
        "A label is any of its names in any case, or the whole",
        arguments: [
            ("tench", 0), ("Tinca Tinca", 0), (" TENCH ", 0), ("tench, tinca tinca", 0), ("tiger", 292),
            ("7", 33), ("#7", 7), ("12", 12), ("#134", 134), ("134", 134), ("999", 999),
        ])
    func resolved(_ text: String, _ expected: Int) throws {
        #expect(try table.resolve(text, classes: 1000) == expected)
    }

    @Test(
        "What names no class, or several, is an error that helps",
        arguments: [
            ("crane", "class 'crane' is ambiguous: say which of #134 (crane) and #517 (crane)"),
            ("goldfsh", "class 'goldfsh': the model has no such label; did you mean 'goldfish'?"),
            ("1000", "class 1000: the model has classes 0 to 999"),
            ("-1", "class -1: the model has classes 0 to 999"),
            ("#1000", "class #1000: the model has classes #0 to #999"),
            ("#-1", "class #-1: the model has classes #0 to #999"),
            (
                "zzzzzzzz",
                "class 'zzzzzzzz': the model has no such label; it has 'tench, Tinca tinca', "
                    + "'goldfish, Carassius auratus', '7', 'crane', 'tiger cat', ..."
            ),
            ("", "class '': the model has no such label; it has"),
            ("#", "class '#': the model has no such label"),
        ])
    func refused(_ text: String, _ message: String) {
        let error = #expect(throws: LabelError.self) { _ = try table.resolve(text, classes: 1000) }
        #expect(error?.failureKind == .usage)
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }

    @Test("No label is meant that shares no character with the text")
    func suggestsNothingForOneCharacter() {
        let digits = LabelTable([0: "0", 1: "1"])
        let error = #expect(throws: LabelError.self) { _ = try digits.resolve("é", classes: 2) }
        #expect(error?.description == "class 'é': the model has no such label; it has '0', '1', ...")
    }

    @Test("A class without a label is called by its number")
    func names() {
        #expect(table.name(of: 0) == "tench, Tinca tinca")
        #expect(table.name(of: 5) == "#5")
    }

    @Test("A model without labels has numbers")
    func noLabels() throws {
        #expect(try LabelTable([:]).resolve("3", classes: 4) == 3)
        #expect(throws: LabelError.self) { _ = try LabelTable([:]).resolve("cat", classes: 4) }
    }
}
