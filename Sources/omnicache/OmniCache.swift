import ArgumentParser

@main
struct OmniCache: AsyncParsableCommand {
}
