import Tables
import Testing

@Suite struct CommaSeparatedValuesTests {
    @Test func fieldsAreQuotedWhereTheyMustBe() {
        let rows = [["a", "", "b c"], ["1,5", "say \"hi\"", "two\r\nlines"]]
        #expect(
            commaSeparatedValues(rows) == "a,,b c\r\n\"1,5\",\"say \"\"hi\"\"\",\"two\r\nlines\"\r\n")
    }

    @Test func noRowsAreNoText() { #expect(commaSeparatedValues([]).isEmpty) }
}
