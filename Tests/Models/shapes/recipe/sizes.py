"""The model's sizes and the parts of its data, in the place of the built-in recipe's module of this name."""

# Pictures: SIDE pixels, three channels.
SIDE = 48
# Autoencoder: channels at full, half and quarter size, and groups of its normalizations.
CHANNELS, GROUPS = (16, 32, 64), 4
LATENT_SIDE, LATENT_CHANNELS = SIDE // 4, 4
# Transformer.
WIDTH, DEPTH, HEADS, PATCH = 96, 8, 3, 2
# Both stages of the training see all solids; their colours differ.
FIRST = EVERY = {"solids"}
