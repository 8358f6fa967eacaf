import Tables
import Testing

@Suite struct TextTableTests {
    private func table(_ rows: [[String]]) -> TextTable {
        var table = TextTable(["name", "n"], units: ["", "ms"])
        for row in rows { table.add(row) }
        return table
    }

    @Test func namesStandAtTheLeftAndNumbersAtTheRight() {
        #expect(
            table([["a", "1"], ["longer", "1234"]]).text == """
                name       n
                          ms
                ────────────
                a          1
                longer  1234
                """)
    }

    @Test func noLineEndsInSpaces() {
        var table = TextTable(["a", "b"], areText: [true, true])
        table.add(["x", ""])
        table.add(["", "long"])
        #expect(table.text == "a  b\n───────\nx\n   long")
    }

    @Test func aTableWithoutRowsIsItsHeadings() {
        #expect(table([]).text == "name   n\n      ms\n────────")
    }

    @Test func noColumnsAreNoText() { #expect(TextTable([]).text == "\n") }

    @Test func markdownSaysWhereColumnsStand() {
        var table = TextTable(["name", "n"])
        table.add(["a", "1234"])
        #expect(table.markdown == "| name |    n |\n| ---- | ---: |\n| a    | 1234 |")
        #expect(TextTable([""]).markdown == "|  |\n| -- |")
    }
}
