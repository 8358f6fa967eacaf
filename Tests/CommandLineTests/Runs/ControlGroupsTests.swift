import Foundation
import Testing

@testable import omnicache

/// Limits of control groups, from files as kernels write them.
@Suite struct ControlGroupsTests {
    let place: Workplace

    init() throws { place = try Workplace() }

    private func groups(_ files: [String: String]) throws -> ControlGroups {
        for (name, text) in files {
            let url = URL(fileURLWithPath: place.path(name))
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        return ControlGroups(root: place.folder)
    }

    /// Version 2, as systemd has it: the own group has no limit, the one above has.
    @Test func takesTheLeastOfVersion2() throws {
        let groups = try groups([
            "proc/self/cgroup": "0::/user.slice/job.scope\n",
            "proc/self/mountinfo":
                "24 1 0:22 / /proc rw - proc proc rw\n35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n",
            "sys/fs/cgroup/user.slice/cpu.max": "150000 100000\n",
            "sys/fs/cgroup/user.slice/job.scope/cpu.max": "max 100000\n",
            "sys/fs/cgroup/user.slice/job.scope/memory.max": "1000000\n",
            "sys/fs/cgroup/user.slice/job.scope/memory.current": "600000\n",
            "sys/fs/cgroup/user.slice/job.scope/memory.stat": "anon 1\ninactive_file 100000\nactive_file 7\n",
            "sys/fs/cgroup/user.slice/memory.max": "max\n",
            "sys/fs/cgroup/user.slice/memory.current": "700000\n",
        ])
        #expect(groups.processors == 1.5)
        #expect(groups.availableBytes == 500_000)
    }

    /// Version 1 in a container without a name space of its own: it sees its own group at the mount point.
    @Test func readsVersion1() throws {
        let groups = try groups([
            "proc/self/cgroup":
                "12:memory:/docker/5d0\n4:cpu,cpuacct:/docker/5d0\n1:name=systemd:/docker/5d0\n0::/system.slice\n",
            "proc/self/mountinfo": """
            31 23 0:26 /docker/5d0 /sys/fs/cgroup/cpu,cpuacct ro,nosuid - cgroup cgroup rw,cpu,cpuacct
            32 23 0:27 /docker/5d0 /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory
            33 23 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw

            """,
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "250000\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": "36870912\n",
            "sys/fs/cgroup/memory/memory.stat": "cache 5\ntotal_inactive_file 1000\n",
        ])
        #expect(groups.processors == 2.5)
        #expect(groups.availableBytes == 500_001_000)
    }

    /// Version 1 in a group below the root, which all see; no limit is a negative quota and a huge number.
    @Test func goesUpToTheRootOfVersion1() throws {
        let groups = try groups([
            "proc/self/cgroup": "4:memory:/batch/job 7\n1:cpu:/batch/job 7\n0::/\n",
            "proc/self/mountinfo": """
            32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
            35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory

            """,
            "sys/fs/cgroup/cpu/batch/job 7/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/batch/job 7/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/cpu/batch/cpu.cfs_quota_us": "400000\n",
            "sys/fs/cgroup/cpu/batch/cpu.cfs_period_us": "200000\n",
            "sys/fs/cgroup/memory/batch/job 7/memory.limit_in_bytes": "9223372036854771712\n",
            "sys/fs/cgroup/memory/batch/job 7/memory.usage_in_bytes": "1\n",
        ])
        #expect(groups.processors == 2)
        #expect(groups.availableBytes == nil)
    }

    @Test(arguments: ["", "0::/../../other\n", "no line\n:\n::\n"])
    func isNoLimitWhereNothingIsKnown(group: String) throws {
        let groups = try groups([
            "proc/self/cgroup": group,
            "proc/self/mountinfo":
                "1 2 3\n35 24 0:30 / /sys/fs/cgroup rw - cgroup2\n- - - - - - cgroup2 a b\n",
        ])
        #expect(groups.processors == nil)
        #expect(groups.availableBytes == nil)
    }
}

/// What follows for threads.
@Suite struct CoreShareTests {
    private func ranks(
        _ count: Int, cores: Int, launcher: Int = 0, slurm: Int? = nil, quota: Double? = nil
    ) -> [CoreShare] {
        Array(
            repeating: CoreShare(
                hostName: "node1", cores: Array(0..<cores), launcherCores: Array(0..<launcher),
                slurmCores: slurm, quota: quota), count: count)
    }

    @Test(arguments: [
        (1, 64, 8.0, 8), (1, 64, 2.9, 2), (1, 64, 0.5, 1), (4, 64, 8, 2), (16, 64, 8, 1), (1, 2, 8, 2),
        (1, 2, .infinity, 2),
    ])
    func aQuotaIsShared(count: Int, cores: Int, quota: Double, threads: Int) {
        let ranks = ranks(count, cores: cores, quota: quota)
        #expect(CoreShare.threads(ranks) == Array(repeating: threads, count: count))
        let isTooSmall = Double(count) > max(quota, 1)
        #expect(CoreShare.warnings(ranks, threads: nil).isEmpty == !isTooSmall)
    }

    @Test func moreThreadsThanTheQuotaAreWarnedOf() {
        let warnings = CoreShare.warnings(ranks(1, cores: 64, quota: 8), threads: 16)
        #expect(
            warnings.count == 1
                && warnings[0].contains("16 threads of 1 rank on node1 for a quota of 8.0 CPUs"))
        #expect(CoreShare.warnings(ranks(1, cores: 64, quota: 8), threads: 8).isEmpty)
    }

    /// srun --cpu-bind=cores binds a rank to a core, whatever the job has on the node.
    @Test func unusedCoresOfSlurmAreWarnedOf() {
        let one = CoreShare.warnings(ranks(1, cores: 1, slurm: 8), threads: nil)
        #expect(one.count == 1 && one[0].contains("1 rank on node1 may use 1 core of 8"))
        #expect(one[0].contains("srun --cpu-bind=none, or with --cpus-per-task=8"))
        let two = CoreShare.warnings(ranks(2, cores: 1, slurm: 8), threads: 4)
        #expect(two.count == 1 && two[0].contains("8 threads of 2 ranks on node1 are bound to 1 core of 8"))
        #expect(two[0].contains("--cpus-per-task=4"))
        #expect(CoreShare.warnings(ranks(2, cores: 8, slurm: 8), threads: nil).isEmpty)
        #expect(
            CoreShare.warnings(ranks(1, cores: 1, launcher: 8), threads: nil)[0].contains(
                "mpirun --bind-to none"))
    }

    @Test func theInnermostLauncherCounts() {
        let slurm = ["SLURM_CPUS_ON_NODE": "12"]
        #expect(CoreShare(hostName: "a", environment: slurm).slurmCores == 12)
        let mpirun = slurm.merging(["OMPI_COMM_WORLD_SIZE": "2"]) { $1 }
        #expect(CoreShare(hostName: "a", environment: mpirun).slurmCores == nil)
        #expect(!CoreShare(hostName: "a", environment: mpirun).launcherCores.isEmpty)
        #expect(CoreShare(hostName: "a", environment: [:]).launcherCores.isEmpty)
    }
}
