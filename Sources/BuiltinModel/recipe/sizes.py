"""The model's sizes and the parts of its data. Another subject's recipe has a module of this name in its place."""

# Pictures: SIDE pixels, three channels.
SIDE = 64
# Autoencoder: channels at full, half and quarter size, and groups of its normalizations.
CHANNELS, GROUPS = (16, 48, 96), 4
LATENT_SIDE, LATENT_CHANNELS = SIDE // 4, 4
# Transformer.
WIDTH, DEPTH, HEADS, PATCH = 192, 12, 6, 2
# Sets of the two stages of the training.
FIRST, EVERY = {"first"}, {"first", "model"}
