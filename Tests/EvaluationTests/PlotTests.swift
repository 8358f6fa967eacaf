import Evaluation
import Testing

@Suite(.serialized) struct PlotTests {
    /// The names of elements whose end tags are missing or out of place.
    private func unbalanced(_ document: String) -> [Substring] {
        var open: [Substring] = []
        for part in document.split(separator: "<").dropFirst(document.hasPrefix("<") ? 0 : 1) {
            guard let tag = part.split(separator: ">", omittingEmptySubsequences: false).first,
                let name = tag.split(whereSeparator: { " \n".contains($0) }).first
            else { return ["<"] }
            if name.hasPrefix("/") {
                guard open.popLast() == name.dropFirst() else { return [name] }
            } else if !tag.hasSuffix("/") {
                open.append(name)
            }
        }
        return open
    }

    @Test func everyPolicyHasALineAndAMarkerForEachEntry() {
        let svg = sampleTable().svg()
        #expect(unbalanced(svg).isEmpty)
        // Five policies and two schedulers in each of two panels.
        #expect(svg.components(of: "<polyline") == 14)
        // Markers, and seven in the legend: the uncached run lies in the right panel alone.
        #expect(svg.components(of: "<circle") + svg.components(of: "<polygon") == 21 + 22 + 7)
        #expect(svg.contains(">ddim, fewer steps<"))
        #expect(!svg.contains("href"))
    }

    @Test func oursIsDrawnLastAndNamedFirst() throws {
        let svg = sampleTable().svg()
        let panel = try #require(
            svg.range(of: "not measured") == nil ? svg.range(of: "to the converged path") : nil)
        let ours = try #require(svg[..<panel.lowerBound].range(of: "<title>planned 40 %", last: true))
        let other = try #require(svg[..<panel.lowerBound].range(of: "<title>fora 40 %", last: true))
        #expect(other.lowerBound < ours.lowerBound)
        let legend = svg[panel.upperBound...]
        let first = try #require(legend.range(of: ">planned</text>"))
        let second = try #require(legend.range(of: ">uniform</text>"))
        #expect(first.lowerBound < second.lowerBound)
    }

    /// The references' distance is a line of its own in both panels, and no point at 200 steps.
    @Test func convergedPathIsALine() {
        let svg = sampleTable().svg()
        #expect(svg.components(of: "class=\"mark\"") == 2)
        #expect(svg.contains(">converged path<") && svg.contains(">uncached run<"))
        #expect(!svg.contains(">4800<"))
    }

    /// Of two timestep spacings each panel shows the one that was chosen for its reference.
    @Test func spacingsAreShownWhereTheyWereChosen() throws {
        var table = sampleTable()
        let place = try #require(table.entries.firstIndex { $0.sampler == "25 × ddim, trailing" })
        var other = table.entries[place]
        other.name = "the other"
        other.chosenFor = ["converged"]
        table.entries[place].chosenFor = ["uncached"]
        table.entries.append(other)
        let svg = table.svg()
        #expect(svg.components(of: "<title>the other: ") == 1)
        #expect(svg.components(of: "<title>25 × ddim, trailing: ") == 1)
    }

    /// A policy with other options is another policy, and not drawn as ours.
    @Test func variantsAreLinesOfTheirOwn() {
        var table = sampleTable()
        for index in table.entries.indices where table.entries[index].policy == "uniform" {
            table.entries[index].policy = "planned:correction=none"
        }
        let (svg, plain) = (table.svg(), sampleTable().svg())
        #expect(svg.contains(">planned:correction=none</text>"))
        for part in ["<polyline", "class=\"line ours\""] {
            #expect(svg.components(of: part) == plain.components(of: part))
        }
    }

    @Test func hostileNamesAreText() {
        var table = sampleTable()
        table.title = "</text><script>\u{1}&\""
        table.entries[2].policy = "<b>"
        let svg = table.svg()
        #expect(unbalanced(svg).isEmpty)
        #expect(!svg.contains("<script") && !svg.contains("<b>") && !svg.contains("\u{1}"))
        #expect(svg.contains("&lt;/text&gt;&lt;script&gt; &amp;&quot;"))
    }

    @Test(arguments: [0, 1]) func panelsWithoutPointsSaySo(_ count: Int) {
        var table = sampleTable()
        table.entries = Array(table.entries.prefix(count))
        let svg = table.svg()
        #expect(unbalanced(svg).isEmpty)
        #expect(svg.components(of: "not measured") == 2 - count)
        #expect(!svg.contains("nan") && !svg.contains("inf"))
    }

    @Test func leavesOutWhatIsNotFinite() {
        var table = sampleTable()
        table.entries[2].toUncached?.psnr = Estimate(mean: .nan, standardError: 0)
        table.entries[3].cost.blockEvaluations = .infinity
        let svg = table.svg()
        #expect(svg.components(of: "<circle") + svg.components(of: "<polygon") == 21 + 22 + 7 - 3)
        #expect(!svg.contains("nan") && !svg.contains("inf"))
    }
}

extension StringProtocol {
    /// How often `part` occurs.
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }

    fileprivate func range(of part: String, last: Bool = false) -> Range<Index>? {
        last ? ranges(of: part).last : ranges(of: part).first
    }
}
