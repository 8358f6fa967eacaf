import Evaluation
import Testing

@Suite(.serialized) struct TableTests {
    @Test func columnsAreAligned() {
        let lines = sampleTable().text(width: 1000).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "50 steps, 64 pairs: built-in")
        let rows = lines[5..<5 + sampleTable().entries.count]
        // The last column stands at the right, and no line has spaces at its end.
        #expect(Set(rows.map(\.count)).count == 1)
        #expect(lines.allSatisfy { !$0.hasSuffix(" ") })
        #expect(rows.first?.contains("–") == true)
        #expect(rows.dropFirst(2).first?.contains("50.00 ± 0.40") == true)
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
        #expect(!table.text(width: 1000).contains("Fréchet"))
        table.entries = []
        #expect(table.text(width: 80).contains("Seeds"))
    }

    @Test func roundsHalvesAwayFromZero() {
        var table = sampleTable()
        table.entries = [table.entries[2]]
        table.entries[0].frechetDistance = 0.0625
        table.entries[0].toUncached?.toPlain?.psnr = Estimate(mean: -0.004, standardError: 1e300)
        table.entries[0].toConverged?.psnr = Estimate(mean: -0.375, standardError: .nan)
        let text = table.text(width: 1000)
        #expect(text.contains(" 0.063 "))
        #expect(text.contains("0.00 ± 1e+300"))
        #expect(text.contains("-0.38 ± nan"))
    }

    @Test func commaSeparatedValuesFollowTheStandard() {
        var table = sampleTable()
        table.entries = [table.entries[0], table.entries[2]]
        table.entries[1].name = "say \"hi\", twice\r\n"
        // Neither split nor contains may take CRLF for two characters.
        let lines = table.csv().split(separator: "\r\n", omittingEmptySubsequences: false)
        let header = lines[0].split(separator: ",")
        #expect(header.count == Set(header).count)
        #expect(header.prefix(3) == ["name", "policy", "sampler"])
        let uncached = lines[1]
        #expect(
            uncached.hasPrefix("\"50 × ddim, leading\",none,\"50 × ddim, leading\",0.0,,50.0,50.0,1200.0,"))
        #expect(uncached.filter { $0 == "," }.count == header.count - 1 + 2)
        #expect(lines[2...].joined(separator: "\r\n").hasPrefix("\"say \"\"hi\"\", twice\r\n\",planned,"))
        #expect(lines.last == "")
    }

    /// To both references, and both from planned and from plain sampling.
    @Test func everyPairedDifferenceIsInTheFiles() throws {
        var table = sampleTable()
        table.entries = [table.entries[3]]
        func difference(_ offset: Double) -> Difference {
            func estimate(_ part: Double) -> Estimate {
                Estimate(mean: offset + part / 8, standardError: part / 4)
            }
            return Difference(
                other: "of \(offset)", psnr: estimate(1), ssimLuma: estimate(2), ssimRGB: estimate(3),
                latentError: estimate(4))
        }
        func set(_ closeness: inout Closeness?, _ offset: Double) {
            closeness?.toPlanned = difference(offset)
            closeness?.toPlain = difference(offset + 1)
        }
        set(&table.entries[0].toUncached, 1)
        set(&table.entries[0].toConverged, 3)
        let lines = table.csv().split(separator: "\r\n").map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        // The sampler holds a comma, in quotes.
        let values = Dictionary(uniqueKeysWithValues: zip(lines[0].reversed(), lines[1].reversed()))
        for (place, offset) in [
            ("uncached_to_planned", 1.0), ("uncached_to_plain", 2), ("converged_to_planned", 3),
            ("converged_to_plain", 4),
        ] {
            #expect(values["\(place)_name"] == "of \(offset)")
            for (name, part) in [("psnr_db", 1.0), ("ssim_luma", 2), ("ssim_rgb", 3), ("latent_error", 4)] {
                #expect(values["\(place)_\(name)"] == "\(offset + part / 8)")
                #expect(values["\(place)_\(name)_se"] == "\(part / 4)")
            }
        }
        #expect(values["uncached_psnr_db_worst"] == "\(43.0 - 9)")
        #expect(values["converged_ssim_luma_5th_percentile"] == "0.6")
        #expect(values["calibration_images"] == "0.0")
        #expect(try EvaluationTable(json: table.json()) == table)
        let text = table.text(width: 1000)
        for value in ["1.13 ± 0.25", "2.13 ± 0.25", "3.13 ± 0.25", "4.13 ± 0.25", "34.0, 38.0"] {
            #expect(text.contains(value), "\(value)")
        }
    }

    @Test func markdownIsATableOfEqualRows() {
        var table = sampleTable()
        table.entries[1].name = "a|b_c"
        table.notes = ["First.", "One\r\ntwo."]
        let lines = table.markdown().split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.prefix(2) == ["50 steps, 64 pairs: built-in", ""])
        let rows = lines[2..<4 + table.entries.count]
        #expect(Set(rows.map(\.count)).count == 1)
        #expect(rows.allSatisfy { $0.hasPrefix("| ") && $0.hasSuffix(" |") })
        #expect(rows.first?.contains("PSNR to converged, dB |") == true)
        // Text stands at the left, numbers at the right.
        let rules = lines[3].split(separator: "|").map { $0.filter { $0 != " " } }
        #expect(rules.map { $0.hasSuffix(":") } == [false, false] + rules.dropFirst(2).map { _ in true })
        #expect(rules.allSatisfy { $0.dropLast().allSatisfy { $0 == "-" } })
        #expect(lines[5].hasPrefix("| a\\|b\\_c "))
        #expect(lines.suffix(4) == ["", "- First.", "- One  two.", ""])
    }

    @Test func jsonIsReadBackAsWritten() throws {
        var table = sampleTable()
        table.entries[3].frechetDistance = .infinity
        let json = try table.json()
        #expect(try EvaluationTable(json: json) == table)
        #expect(throws: DecodingError.self) { try EvaluationTable(json: Array(json.dropLast(9))) }
    }
}
