import Platform

/// Threads that wait for work, do it together with the caller and wait again.
///
/// They are the system's own, started once: Dispatch starts its threads when they are needed, and waits for ever where
/// the system refuses one.
final class Workers: Sendable {
    private let bench = Bench()
    private let threads: [pthread_t]

    /// How many there are: fewer than wanted where the system refuses more.
    var count: Int { threads.count }

    init(_ wanted: Int) {
        var threads: [pthread_t] = []
        while threads.count < wanted, let thread = startThread(bench, threads.count + 1) {
            threads.append(thread)
        }
        self.threads = threads
    }

    deinit {
        bench.close()
        for thread in threads { pthread_join(thread, nil) }
    }

    /// Calls `work` with 0 on this thread, and with numbers from 1 up to below `width` on others.
    ///
    /// Those that come when the call with 0 has returned find no work any more. Returns when all calls have.
    func perform(width: Int, _ work: (Int) -> Void) {
        // No thread holds the work when the call returns.
        withoutActuallyEscaping(work) { bench.perform(width: width, $0) }
    }
}

private func startThread(_ bench: Bench, _ number: Int) -> pthread_t? {
    let seat = Unmanaged.passRetained(Seat(bench, number))
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0 else { return nil }
    defer { pthread_attr_destroy(&attributes) }
    // glibc's own size where there is no limit; a product needs some kilobytes.
    pthread_attr_setstacksize(&attributes, 2 << 20)
    var thread = pthread_t()
    let code = pthread_create(
        &thread, &attributes,
        { argument in
            // Safe: it is the seat that was passed, retained for this one use.
            guard let argument else { return nil }
            let seat = Unmanaged<Seat>.fromOpaque(argument).takeRetainedValue()
            seat.bench.serve(seat.number)
            return nil
        }, seat.toOpaque())
    guard code == 0 else {
        seat.release()
        return nil
    }
    return thread
}

/// A thread's place at the bench.
private final class Seat {
    let bench: Bench
    let number: Int

    init(_ bench: Bench, _ number: Int) {
        self.bench = bench
        self.number = number
    }
}

/// Where threads wait for work.
///
/// Safe to share, since all that changes is read and written under the mutex.
private final class Bench: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let hasWork = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let isIdle = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var work: ((Int) -> Void)?
    private var width = 0
    /// Of pieces of work, so that none is taken twice by one thread.
    private var round = 0
    private var busy = 0
    private var isTaken = false
    private var isClosed = false

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(hasWork, nil)
        pthread_cond_init(isIdle, nil)
    }

    deinit {
        pthread_cond_destroy(isIdle)
        pthread_cond_destroy(hasWork)
        pthread_mutex_destroy(mutex)
        isIdle.deallocate()
        hasWork.deallocate()
        mutex.deallocate()
    }

    func perform(width: Int, _ work: @escaping (Int) -> Void) {
        pthread_mutex_lock(mutex)
        let isOurs = !isTaken
        if isOurs {
            isTaken = true
            self.work = work
            self.width = width
            round += 1
            pthread_cond_broadcast(hasWork)
        }
        pthread_mutex_unlock(mutex)
        work(0)
        // Work within work, or beside it, is the caller's alone.
        guard isOurs else { return }
        pthread_mutex_lock(mutex)
        self.work = nil
        while busy > 0 { pthread_cond_wait(isIdle, mutex) }
        isTaken = false
        pthread_mutex_unlock(mutex)
    }

    func serve(_ number: Int) {
        var done = 0
        pthread_mutex_lock(mutex)
        while !isClosed {
            guard round != done, number < width, let work else {
                pthread_cond_wait(hasWork, mutex)
                continue
            }
            done = round
            busy += 1
            pthread_mutex_unlock(mutex)
            work(number)
            pthread_mutex_lock(mutex)
            busy -= 1
            // The caller goes on once the mutex is free, which this thread's hold on the work does not outlive.
            if busy == 0 { pthread_cond_signal(isIdle) }
        }
        pthread_mutex_unlock(mutex)
    }

    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(hasWork)
        pthread_mutex_unlock(mutex)
    }
}
