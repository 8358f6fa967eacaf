import CachePlanning
import Failures
import Foundation
import Testing

/// A change to a sound plan's JSON and what the error must say of it.
struct Damage: Sendable, CustomTestStringConvertible {
    var key: String
    /// The new value as JSON; none removes the key.
    var value: String?
    var message: String

    var testDescription: String { "\(key) = \(value ?? "removed")" }
}

@Suite(.serialized)
struct HostilePlanTests {
    private static let six = "[0,0,0,0,0,0]"

    private static let damages = [
        Damage(
            key: "formatVersion", value: "1",
            message: "formatVersion: expected 2, found 1; make it anew with 'omnicache plan'"),
        Damage(key: "formatVersion", value: "\"2\"", message: "formatVersion"),
        Damage(key: "formatVersion", value: nil, message: "the key formatVersion is missing"),
        Damage(
            key: "policy", value: "\"magic\"",
            message: "expected one of none, planned, omnicache, uniform, late, similarity, "),
        Damage(key: "policy", value: "7", message: "policy"),
        Damage(key: "steps", value: "7", message: "mask: expected 7 steps, found 6"),
        Damage(key: "forecastOrder", value: "4", message: "forecastOrder: expected 0...3, found 4"),
        Damage(key: "forecastOrder", value: "-1", message: "forecastOrder: expected 0...3, found -1"),
        Damage(key: "forecastOrder", value: "1.5", message: "forecastOrder: expected a whole number"),
        Damage(key: "steps", value: "0", message: "steps: expected 1 … 10000, found 0"),
        Damage(key: "steps", value: "-6", message: "steps: expected 1 … 10000, found -6"),
        Damage(key: "steps", value: "1000000000", message: "steps: expected 1 … 10000"),
        Damage(key: "steps", value: "1e300", message: "steps: expected a whole number, found 1e+300"),
        Damage(key: "steps", value: "6.5", message: "steps: expected a whole number, found 6.5"),
        Damage(key: "guidance", value: "\"NaN\"", message: "guidance"),
        Damage(key: "guidance", value: "null", message: "guidance"),
        Damage(key: "scheduler", value: "[]", message: "scheduler"),
        Damage(key: "modelHash", value: nil, message: "the key modelHash is missing"),
        Damage(
            key: "modelHash", value: "\"" + String(repeating: "x", count: 300) + "\"",
            message: "modelHash: expected at most 256 bytes, found 300 bytes"),
        Damage(key: "mask", value: "[]", message: "mask: expected at least one step, found none"),
        Damage(key: "mask", value: "[false,true,true,true,true,true]", message: "mask[0]: expected true"),
        Damage(key: "mask", value: "[true,true]", message: "mask: expected 6 steps, found 2"),
        Damage(key: "mask", value: "[true,1,true,true,true,true]", message: "mask[1]"),
        Damage(key: "scores", value: "[1,2]", message: "scores: expected 6 numbers, found 2"),
        Damage(key: "scores", value: "[0,0,0,0,0,\"x\"]", message: "scores[5]"),
        Damage(key: "scores", value: "[0,0,0,0,0,1e999]", message: "expected JSON text"),
        Damage(key: "gamma", value: "[0]", message: "gamma: expected 6 numbers, found 1"),
        Damage(
            key: "gamma", value: "[0,0,0,1e300,0,0]", message: "gamma[3]: expected -100 … 100, found 1e+300"),
        Damage(key: "gamma", value: "[0,1,0,0,0,0]", message: "gamma[1]: expected 0"),
        Damage(key: "expectedError", value: "[]", message: "expectedError: expected 6 numbers, found 0"),
        Damage(key: "predictedError", value: "-1", message: "predictedError: expected a finite number of 0"),
        Damage(key: "predictedSpread", value: "\"x\"", message: "predictedSpread"),
        Damage(key: "correction", value: "\"none\"", message: "gamma["),
        Damage(key: "correction", value: "\"guess\"", message: "correction"),
        Damage(key: "reuseOf", value: "\"blocks\"", message: "reuseOf"),
        Damage(key: "reuseOf", value: "7", message: "reuseOf"),
        Damage(key: "filter", value: "{}", message: "filter.kind"),
        Damage(
            key: "filter", value: #"{"kind":"lowThenHigh","cutoff":9,"rollOff":0.1,"switchStep":3}"#,
            message: "filter.cutoff: expected 0 … 2, found 9.0"),
        Damage(
            key: "filter", value: #"{"kind":"lowThenHigh","cutoff":0.5,"rollOff":-1,"switchStep":3}"#,
            message: "filter.rollOff"),
        Damage(
            key: "filter", value: #"{"kind":"lowThenHigh","cutoff":0.5,"rollOff":0.1,"switchStep":-3}"#,
            message: "filter.switchStep"),
        Damage(key: "calibration", value: "{\"seed\":1}", message: "calibration.trajectories"),
        Damage(
            key: "calibration", value: "{\"seed\":1,\"trajectories\":-1}",
            message: "calibration.trajectories: expected 0 or more, found -1"),
    ]

    private static func modules(
        combine: String = "\"reuse\"", attention: String = #"["CC","CR","RR","CC","CC","CR"]"#,
        mlp: String = #"["CC","CR","RC","CC","RR","CR"]"#, more: String = ""
    ) -> String {
        "{\"combine\":\(combine),\"attention\":\(attention),\"mlp\":\(mlp)\(more)}"
    }

    private static let moduleDamages: [(value: String, message: String)] = [
        ("7", "modules"), ("{}", "modules.combine is missing"),
        (
            modules(combine: "\"magic\""),
            "modules: combine: expected reuse, taylor, gradient or offset, found magic"
        ),
        (modules(combine: "\"taylor\""), "modules.order is missing"),
        (modules(combine: "\"taylor\"", more: ",\"order\":5"), "modules: order: expected 0 … 4, found 5"),
        (modules(combine: "\"taylor\"", more: ",\"order\":-1"), "modules: order: expected 0 … 4, found -1"),
        (modules(combine: "\"taylor\"", more: ",\"order\":1e300"), "order: expected a whole number"),
        (modules(combine: "\"gradient\""), "modules.eta is missing"),
        (modules(combine: "\"gradient\"", more: ",\"eta\":1e30"), "modules: eta: expected -10 … 10"),
        (modules(combine: "\"offset\""), "modules: mlp: expected the mask of attention"),
        (modules(attention: "[]"), "modules: steps: expected 1 … 10000, found 0"),
        (modules(attention: "[true]"), "modules.attention[0]"),
        (modules(attention: #"["CX"]"#), "modules: attention[0]: expected the letters C and R, found CX"),
        (modules(attention: #"["","","","","",""]"#), "modules: blocks: expected 1 … 10000, found 0"),
        (modules(mlp: #"["CC"]"#), "modules: mlp: expected 6 steps, found 1"),
        (
            modules(mlp: #"["CC","CC","CCC","CC","CC","CC"]"#),
            "modules: mlp[2]: expected 2 blocks, found 3"
        ),
        (
            modules(attention: #"["CR","CC","CC","CC","CC","CC"]"#),
            "modules: attention[0]: expected every block computed"
        ),
        (modules(attention: #"["CC","CC"]"#, mlp: #"["CC","CC"]"#), "modules: expected 6 steps, found 2"),
        (
            modules(attention: #"["CC","RR","CC","CC","CC","CC"]"#, mlp: #"["CC","RR","CC","CC","CC","CC"]"#),
            "mask: expected the steps at which a module is computed"
        ),
    ]

    @Test(arguments: moduleDamages.indices)
    func aDamagedModulePlanNamesTheField(_ index: Int) throws {
        let plan = try CachePlan.make(policy: FORAPolicy(), blocks: 2, for: subject(steps: 6))
        var object = try #require(
            try JSONSerialization.jsonObject(with: Data(plan.json())) as? [String: Any])
        let (value, message) = Self.moduleDamages[index]
        object["modules"] = try JSONSerialization.jsonObject(
            with: Data(value.utf8), options: .fragmentsAllowed)
        refuses(try JSONSerialization.data(withJSONObject: object), message)
    }

    @Test func modulesLeaveNothingToCorrect() throws {
        var object = try #require(
            try JSONSerialization.jsonObject(with: Data(sound().json())) as? [String: Any])
        let mask = try #require(object["mask"] as? [Bool])
        let letters = mask.map { $0 ? "CC" : "RR" }
        object["modules"] = ["combine": "reuse", "attention": letters, "mlp": letters]
        refuses(try JSONSerialization.data(withJSONObject: object), "correction: expected none")
    }

    private func sound() throws -> CachePlan {
        try CachePlan.make(
            policy: .late, rules: .init(reuseFraction: 0.34), correction: .fixed(.shadow, filtered: true),
            for: subject(steps: 6), calibration: syntheticSummary(steps: 6))
    }

    private func refuses(_ json: some Sequence<UInt8>, _ message: String) {
        #expect {
            try CachePlan(json: [UInt8](json))
        } throws: { error in
            let error = error as? PlanError
            let said = error?.description.contains(message) == true && error?.failureKind == .invalidInput
            if !said { Issue.record("said \(String(describing: error)), expected \(message)") }
            return said
        }
    }

    @Test(arguments: damages)
    func aDamagedPlanNamesTheField(_ damage: Damage) throws {
        let text = try sound().json()
        var object = try #require(try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any])
        // The value is put in as text, since JSONSerialization would refuse some of the damages itself.
        object[damage.key] = damage.value == nil ? nil : "DAMAGE"
        let damaged = String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
        refuses(damaged.replacingOccurrences(of: "\"DAMAGE\"", with: damage.value ?? "").utf8, damage.message)
    }

    @Test(arguments: ["", "{", "[]", "null", "{\"formatVersion\":2}", "\u{0}", "{\"formatVersion\":2,}"])
    func whatIsNoPlanIsRefused(_ text: String) { refuses(text.utf8, "plan: ") }

    @Test func deepNestingIsRefused() {
        refuses(Array(repeating: UInt8(ascii: "["), count: 200_000), "plan: ")
    }

    @Test func everyTruncationIsRefused() throws {
        let text = try sound().json()
        for length in stride(from: 0, to: text.count - 2, by: 37) { refuses(text.prefix(length), "plan: ") }
    }

    @Test func tooMuchTextIsNotLookedAt() {
        refuses(Array(repeating: UInt8(ascii: " "), count: 17 << 20), "expected at most 16777216 bytes")
    }
}
