extension [Float]? {
    /// Makes it a copy of `values` in memory of its own, which is kept from call to call.
    mutating func copy(_ values: [Float]) {
        guard var own = take(), own.count == values.count else {
            self = values.map { $0 }
            return
        }
        for index in own.indices { own[index] = values[index] }
        self = own
    }
}
