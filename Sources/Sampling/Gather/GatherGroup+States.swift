import Schedulers
import Tensors

extension GatherGroup {
    /// What is saved of the images before a step: [g, numbers of a state].
    func states(_ context: StageContext, before step: Int) -> Tensor {
        let layout = context.layout(before: step)
        let states = Tensor(zeros: [images.count, layout.count])
        for (row, trajectory) in trajectories.enumerated() {
            for (name, view) in layout.views(of: states[row]) {
                switch name {
                case TrajectoryLayout.lastOutput: view.assign(trajectory.lastOutput ?? [])
                case TrajectoryLayout.residuals:
                    forEachKept(context, view, before: step, row: row) { $0.copy(from: $1) }
                default:
                    let place = context.scheduler.remembered.firstIndex(of: name)
                    view.assign(place.map { trajectory.remembered[$0] } ?? trajectory.latent)
                }
            }
        }
        return states
    }

    /// Brings the images to what was saved of them before the run's first step.
    func restore(_ states: Tensor, _ context: StageContext) {
        let step = context.run.firstStep
        let layout = context.layout(before: step)
        let views = images.indices.map { layout.views(of: states[$0 - images.lowerBound]) }
        trajectories = zip(images, views).map { image, views in
            Trajectory(
                seed: context.run.images[image].seed, before: step, latent: views["latent"]?.values ?? [],
                remembered: context.scheduler.remembered.compactMap { views[$0]?.values },
                lastOutput: views[TrajectoryLayout.lastOutput]?.values, by: context.scheduler)
        }
        updateLatents()
        guard let shape = views.first?[TrajectoryLayout.residuals]?.shape else { return }
        for kept in context.run.kept(before: step) {
            for (part, branches) in context.schedule.parts.enumerated() {
                let room = [images.count * branches.count] + shape.dropFirst(2)
                if reusesModules {
                    sums.keep(Tensor(zeros: room), part: part, of: kept.computed, for: kept.step)
                } else {
                    _ = residuals.makeRoom(part: part, shape: room)
                }
            }
        }
        if !reusesModules { residuals.restore(steps: context.run.kept(before: step).map(\.computed)) }
        for (row, views) in views.enumerated() {
            guard let saved = views[TrajectoryLayout.residuals] else { continue }
            forEachKept(context, saved, before: step, row: row) { $1.copy(from: $0) }
        }
    }

    /// Calls `body` with each part [N, D] of an image's saved state that reuse goes on from, and the memory that is of it.
    private func forEachKept(
        _ context: StageContext, _ saved: Tensor, before step: Int, row: Int, _ body: (Tensor, Tensor) -> Void
    ) {
        for (place, kept) in context.run.kept(before: step).enumerated() {
            var branch = 0
            for (part, branches) in context.schedule.parts.enumerated() {
                let memory =
                    reusesModules
                    ? sums[part, of: kept.computed, for: kept.step] : residuals[part, back: place]
                for own in branches.indices {
                    body(saved[place][branch], memory[own * images.count + row])
                    branch += 1
                }
            }
        }
    }
}
