import MPITransport

/// An Open MPI hostfile, as far as it can be judged here.
struct HostFile {
    /// The hosts in order, and how many ranks each takes.
    let hosts: [(name: String, slots: Int)]
    /// What mpirun would stumble over.
    let problems: [String]

    /// - Throws: `ReadError` if the file cannot be read.
    init(_ path: String, resolves: (String) -> Bool = canResolve) throws {
        var hosts: [(name: String, slots: Int)] = []
        var problems: [String] = []
        let text = String(decoding: try readInput(path, atMost: 1 << 20), as: UTF8.self)
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" || $0 == "\r" }
            guard let name = words.first.map(String.init) else { continue }
            let place = "\(path):\(index + 1)"
            let given = words.dropFirst().first { $0.hasPrefix("slots=") }.map { $0.dropFirst(6) }
            let slots = given.map { Int($0) ?? 0 } ?? 1
            if slots < 1 {
                problems.append("\(place): \(name) has 'slots=\(given ?? "")': give a number from 1 up")
            }
            if hosts.contains(where: { $0.name == name }) {
                problems.append("\(place): \(name) is named twice: give it one line with all its slots")
            } else if !resolves(name) {
                problems.append(
                    "\(place): no address is known for \(name): mend its name, or add it to /etc/hosts")
            }
            hosts.append((name, slots))
        }
        if hosts.isEmpty { problems.append("\(path) names no host: write one on each line") }
        self.hosts = hosts
        self.problems = problems
    }
}
