import Tensors

extension GatherGroup {
    /// What is saved of the images before a step: [g, numbers of a state].
    func states(_ context: StageContext, before step: Int) -> Tensor {
        let layout = context.layout(before: step)
        let states = Tensor(zeros: [images.count, layout.count])
        for (row, trajectory) in trajectories.enumerated() {
            for (name, view) in layout.views(of: states[row]) {
                switch name {
                case TrajectoryLayout.previousOriginal: view.assign(trajectory.previousOriginal ?? [])
                case TrajectoryLayout.lastOutput: view.assign(trajectory.lastOutput ?? [])
                case TrajectoryLayout.residuals:
                    forEachResidual(context, view) { saved, part, back, first in
                        guard let kept = reused(context, part: part, back: back, before: step) else { return }
                        saved.copy(from: kept[first + row])
                    }
                default: view.assign(trajectory.latent)
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
                previousOriginal: views[TrajectoryLayout.previousOriginal]?.values,
                lastOutput: views[TrajectoryLayout.lastOutput]?.values, by: context.scheduler)
        }
        updateLatents()
        guard let shape = views.first?[TrajectoryLayout.residuals]?.shape else { return }
        let steps = context.run.residualSteps(before: step)
        for computed in steps {
            for (part, branches) in context.schedule.parts.enumerated() {
                let room = [images.count * branches.count] + shape.dropFirst(2)
                if context.reusesModules {
                    sums.keep(Tensor(zeros: Array(room)), part: part, of: computed, for: step)
                } else {
                    _ = residuals.makeRoom(part: part, shape: Array(room))
                }
            }
        }
        if !context.reusesModules { residuals.restore(steps: steps) }
        for (row, views) in views.enumerated() {
            guard let saved = views[TrajectoryLayout.residuals] else { continue }
            forEachResidual(context, saved) { saved, part, back, first in
                reused(context, part: part, back: back, before: step)?[first + row].copy(from: saved)
            }
        }
    }

    /// What reuse takes of the computed step so many before `step`, [rows, N, D].
    private func reused(_ context: StageContext, part: Int, back: Int, before step: Int) -> Tensor? {
        guard context.reusesModules else { return residuals[part, back: back] }
        return sums[part, of: context.run.residualSteps(before: step)[back], for: step]
    }

    /// Calls `body` with each residual [N, D] of a saved state, and where it is in the history: the part, how many
    /// computed steps back, and the first row of its branch.
    private func forEachResidual(
        _ context: StageContext, _ saved: Tensor,
        _ body: (Tensor, _ part: Int, _ back: Int, _ row: Int) -> Void
    ) {
        for back in 0..<saved.shape[0] {
            var branch = 0
            for (part, branches) in context.schedule.parts.enumerated() {
                for place in branches.indices {
                    body(saved[back][branch], part, back, place * images.count)
                    branch += 1
                }
            }
        }
    }
}
