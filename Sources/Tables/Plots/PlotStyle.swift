/// How series are told apart: by colour and by the marker's shape, on light and on dark pages.
package enum PlotStyle {
    /// Colours by class name; a page's own preference chooses the background and the ink.
    private static let sheet = """
        <style>
        svg { font: 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
        .page { fill: #ffffff; } .ink { fill: #1f2328; } .soft { fill: #59636e; }
        .grid { stroke: #d1d9e0; stroke-width: 1; }
        .mark { stroke: #868e96; stroke-width: 1; stroke-dasharray: 5 4; }
        .head { font-size: 15px; font-weight: 600; } .panel { font-size: 13px; font-weight: 600; }
        .line { fill: none; stroke-width: 1.5; stroke-linejoin: round; } .ours { stroke-width: 3; }
        @media (prefers-color-scheme: dark) {
        .page { fill: #0d1117; } .ink { fill: #e6edf3; } .soft { fill: #9198a1; } .grid { stroke: #3d444d; }
        }
        </style>
        """

    /// A picture of a title and what is drawn below it.
    package static func page(title: String, width: Int, height: Int, _ lines: [String]) -> String {
        let head = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" "
                + "width=\"\(width)\" height=\"\(height)\" role=\"img\">",
            "<title>\(escaped(title))</title>", sheet,
            "<rect class=\"page\" width=\"100%\" height=\"100%\" rx=\"6\"/>",
            text(title, x: 20, y: 28, "head ink"),
        ]
        return (head + lines).joined(separator: "\n") + "\n</svg>\n"
    }

    private static let colours = [
        "#e8590c", "#1c7ed6", "#37a34a", "#ae3ec9", "#0c8599", "#e03131", "#b08800", "#7048e8", "#868e96",
        "#d6336c",
    ]

    package static func colour(_ index: Int) -> String { colours[index % colours.count] }

    /// A marker with a text that shows when it is pointed at.
    package static func marker(_ index: Int, x: Double, y: Double, isOurs: Bool, title: String) -> String {
        let size = isOurs ? 5.5 : 4.0
        func corner(_ right: Double, _ down: Double) -> String {
            "\(fixedPoint(x + right * size, digits: 1)),\(fixedPoint(y + down * size, digits: 1))"
        }
        let content = "fill=\"\(colour(index))\"><title>\(escaped(title))</title>"
        let corners: [String]
        switch index % 4 {
        case 1: corners = [corner(-0.9, -0.9), corner(0.9, -0.9), corner(0.9, 0.9), corner(-0.9, 0.9)]
        case 2: corners = [corner(0, -1.2), corner(1.1, 0.8), corner(-1.1, 0.8)]
        case 3: corners = [corner(0, -1.3), corner(1.3, 0), corner(0, 1.3), corner(-1.3, 0)]
        default:
            return
                "<circle cx=\"\(fixedPoint(x, digits: 1))\" cy=\"\(fixedPoint(y, digits: 1))\" "
                + "r=\"\(fixedPoint(size, digits: 1))\" \(content)</circle>"
        }
        return "<polygon points=\"\(corners.joined(separator: " "))\" \(content)</polygon>"
    }

    /// A text in XML; characters that XML does not allow become spaces.
    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            case _ where scalar.value < 32 || (0xFFFE...0xFFFF).contains(scalar.value): " "
            default: String(scalar)
            }
        }.joined()
    }

    package static func text(_ text: String, x: Double, y: Double, _ style: String, anchor: String = "start")
        -> String
    {
        let place = "x=\"\(fixedPoint(x, digits: 1))\" y=\"\(fixedPoint(y, digits: 1))\""
        return "<text \(place) class=\"\(style)\" text-anchor=\"\(anchor)\">\(escaped(text))</text>"
    }

    package static func line(_ from: (Double, Double), _ to: (Double, Double), _ attributes: String) -> String
    {
        let numbers = zip(["x1", "y1", "x2", "y2"], [from.0, from.1, to.0, to.1])
        let place = numbers.map { "\($0)=\"\(fixedPoint($1, digits: 1))\"" }.joined(separator: " ")
        return "<line \(place) \(attributes)/>"
    }

    /// A line through places, two or more; none through fewer.
    package static func polyline(_ places: [(x: Double, y: Double)], _ attributes: String) -> [String] {
        guard places.count > 1 else { return [] }
        let corners = places.map { "\(fixedPoint($0.x, digits: 1)),\(fixedPoint($0.y, digits: 1))" }
        return ["<polyline points=\"\(corners.joined(separator: " "))\" \(attributes)/>"]
    }
}
