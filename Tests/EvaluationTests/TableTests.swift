import Evaluation
import Testing

@Suite(.serialized) struct TableTests {
    @Test func columnsAreAligned() {
        let lines = sampleTable().text(width: 400).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "50 steps, 64 pairs: built-in")
        let rows = lines[5..<5 + sampleTable().entries.count]
        // The last column stands at the right, and no line has spaces at its end.
        #expect(Set(rows.map(\.count)).count == 1)
        #expect(lines.allSatisfy { !$0.hasSuffix(" ") })
        #expect(rows.first?.contains("–") == true)
        #expect(rows.dropFirst().first?.contains("50.00 ± 0.40") == true)
        #expect(lines.suffix(2).first == "Seeds 1000 to 1063, guidance 2.5.")
    }

    @Test(arguments: [1, 80, 120]) func keepsWithinTheWidthAndSaysWhatIsMissing(_ width: Int) {
        let text = sampleTable().text(width: width)
        let lines = text.split(separator: "\n")
        let rows = lines[3..<3 + sampleTable().entries.count]
        let first = sampleTable().entries.map(\.name.count).max() ?? 0
        #expect(rows.allSatisfy { $0.count <= max(width, first) })
        #expect(lines.last?.hasPrefix("Not in \(width) columns: ") == true)
        #expect(lines.last?.contains("moved") == true)
    }

    @Test func leavesOutWhatNobodyHas() {
        var table = sampleTable()
        for index in table.entries.indices { table.entries[index].frechetDistance = nil }
        #expect(!table.text(width: 400).contains("Fréchet"))
        table.entries = []
        #expect(table.text(width: 80).contains("Seeds"))
    }

    @Test func roundsHalvesAwayFromZero() {
        var table = sampleTable()
        table.entries = [table.entries[1]]
        table.entries[0].frechetDistance = 0.0625
        table.entries[0].toUncached?.psnrDifference = Estimate(mean: -0.004, standardError: 1e300)
        table.entries[0].toConverged?.psnr = Estimate(mean: -0.375, standardError: .nan)
        let text = table.text(width: 400)
        #expect(text.contains(" 0.063 "))
        #expect(text.contains("0.00 ± 1e+300"))
        #expect(text.contains("-0.38 ± nan"))
    }

    @Test func commaSeparatedValuesFollowTheStandard() {
        var table = sampleTable()
        table.entries = [table.entries[0], table.entries[1]]
        table.entries[1].name = "say \"hi\", twice\r\n"
        // Neither split nor contains may take CRLF for two characters.
        let lines = table.csv().split(separator: "\r\n", omittingEmptySubsequences: false)
        let header = lines[0].split(separator: ",")
        #expect(header.count == Set(header).count)
        #expect(header.prefix(3) == ["name", "policy", "sampler"])
        let uncached = lines[1]
        #expect(uncached.hasPrefix("\"50 × ddim, leading\",none,\"50 × ddim, leading\",0.0,50.0,1200.0,"))
        #expect(uncached.filter { $0 == "," }.count == header.count - 1 + 2)
        #expect(lines[2...].joined(separator: "\r\n").hasPrefix("\"say \"\"hi\"\", twice\r\n\",omnicache,"))
        #expect(lines.last == "")
    }

    @Test func jsonIsReadBackAsWritten() throws {
        var table = sampleTable()
        table.entries[3].frechetDistance = .infinity
        let json = try table.json()
        #expect(try EvaluationTable(json: json) == table)
        #expect(throws: DecodingError.self) { try EvaluationTable(json: Array(json.dropLast(9))) }
    }
}
