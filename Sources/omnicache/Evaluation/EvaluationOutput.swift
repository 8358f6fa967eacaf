import Evaluation
import Files
import Foundation
import ImageOutput
import Sampling

/// Where an evaluation's results go.
struct EvaluationOutput {
    private let folder: String
    private let pictures: String?
    private let arrays: String?
    /// All that are written to.
    let folders: [String]

    /// Checks every place that will be written to, before any work is done; leaves nothing behind.
    /// - Throws: `WriteError`, `UsageError`.
    init(_ options: EvaluateCommand) throws {
        let folders = [
            ("--output", options.output), ("--images-dir", options.imagesDir), ("--npz", options.npz),
        ].compactMap { option, path in path.map { (option, $0) } }
        for (_, path) in folders { try WholeFile.checkFolder(path) }
        try requireDifferent(folders, "folders")
        self.folders = folders.map(\.1)
        folder = options.output
        pictures = options.imagesDir
        arrays = options.npz
    }

    /// Writes the table, its drawings and, where asked for, the pictures; shows the table.
    /// - Parameter afterEach: called after each picture.
    /// - Throws: `WriteError`, `ImageError`, `ReadError`.
    func write(
        _ table: EvaluationTable, _ ways: ComparedWays, _ request: EvaluationRequest,
        _ state: EvaluationState,
        afterEach: @escaping () -> Void
    ) throws {
        try WholeFile.write([UInt8](table.csv().utf8), to: file("table.csv"))
        try WholeFile.write(try table.json(), to: file("table.json"))
        try WholeFile.write([UInt8](table.markdown().utf8), to: file("table.md"))
        try WholeFile.write([UInt8](table.summary().utf8), to: file("summary.md"))
        try WholeFile.write([UInt8](table.svg().utf8), to: file("plot.svg"))
        let columns = 0..<min(request.pairCount, EvaluationRequest.sheetColumns)
        let rows = try ways.inTable.map { way in
            (label: way.name, pictures: try columns.compactMap { try state.picture(way, $0) })
        }
        if rows.contains(where: { !$0.pictures.isEmpty }) {
            let captions = columns.map { "seed \(request.images[$0].seed)" }
            try WholeFile.write(
                try sheet(rows: rows, captions: captions).pngBytes(
                    text: [("Software", "omnicache \(omnicacheVersion)")]), to: file("sheet.png"))
        }
        try ways.inTable.forEach { try writePictures($0, request, state, afterEach) }
        print(table.text(width: Self.width), terminator: "")
    }

    /// Writes the pictures of a way, of which no more than one is in memory at a time.
    private func writePictures(
        _ way: SamplingWay, _ request: EvaluationRequest, _ state: EvaluationState,
        _ afterEach: @escaping () -> Void
    ) throws {
        guard request.keepsPictures else { return }
        let images = state.drawn[way.key, default: [:]].keys.sorted()
        func picture(_ image: Int) throws -> RGBImage {
            afterEach()
            return try state.keptPicture(way, image)
        }
        if let pictures {
            try WholeFile.makeFolder("\(pictures)/\(way.key)")
            for image in images {
                let path = "\(pictures)/\(way.key)/\(zeroPadded(image, digits: 6)).png"
                try WholeFile.write(try picture(image).pngBytes(text: []), to: path)
            }
        }
        if let arrays, let first = images.first {
            let size = try picture(first)
            let array = ArchivedArray(pictures: images.count, width: size.width, height: size.height) {
                try picture(images[$0])
            }
            try WholeFile.makeFolder(arrays)
            try WholeFile.write(to: "\(arrays)/\(way.key).npz") { try writeNPZ([array], to: $0) }
        }
    }

    private func file(_ name: String) -> String { DirectoryTree(folder).name + "/" + name }

    /// Characters of a line: what the terminal says it has, and all that is needed where none reads.
    private static var width: Int {
        let columns = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }
        return columns ?? (isatty(STDOUT_FILENO) == 1 ? 120 : 1000)
    }
}
