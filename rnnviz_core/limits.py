"""Every limit of the application in one place, with its unit.

The errors that these limits cause quote them, and ``docs/limits.md`` lists them (a test compares).
"""

CHARACTERS = 2_000  # characters of one text that is typed, or given to `trace`
WORD_CHARACTERS = 40  # characters of a word that is searched in the vocabulary
PIECES = 200  # SentencePiece pieces of one text after tokenization
STEPS = 300  # numbers of one series that is typed, or given to `trace`
TARGET_PIECES = 100  # pieces a translation may have before decoding stops
BEAM = 10  # hypotheses kept per step in beam search
BATCH_ROWS = 4_096  # rows of one batch given to record_module
RECORDED_BYTES = 4 * 2**30  # bytes of the traces of one module, all rows of a batch, in record_model
IMPORT_BYTES = 256 * 2**20  # bytes of one file that is imported
IMPORT_UNPACKED_BYTES = 512 * 2**20  # bytes of the weights in it, once unpacked
IMPORT_TENSORS = 10_000  # arrays in one file that is imported
IMPORT_LAYERS = 1_000  # layers, or nodes, of an imported network
IMPORT_CONFIG_BYTES = 8 * 2**20  # bytes of the description of layers in such a file
IMPORT_SECONDS = 60  # seconds that a file may take to be read
IMPORT_STEPS = 20_000  # steps of what an imported network reads
UPLOAD_BYTES = 64 * 2**20  # bytes of one file that is dropped on the page "Your own"
OWN_BYTES = 96 * 2**20  # bytes of all that one visitor brought along and keeps open
OWN_NETWORKS = 12  # networks and traces that one visitor keeps open
OWN_RUN_BYTES = 64 * 2**20  # bytes of what one run of such a network records, all steps
OWN_RUNS_BYTES = 128 * 2**20  # bytes of the runs of all visitors' networks that one server keeps
OWN_ALL_BYTES = 768 * 2**20  # bytes of all that all visitors of one server keep open
OWN_TRACE_BYTES = 16 * 2**20  # bytes of the traces of one visitor's own networks that are kept
CHECKPOINT_BYTES = 64 * 2**20  # bytes of one weights file
TEXT_FILE_BYTES = 1 * 2**20  # bytes of spec.json, metrics.json or card.md
TOKENIZER_BYTES = 4 * 2**20  # bytes of one SentencePiece model
TRACE_BYTES = 256 * 2**20  # bytes of one saved trace, and of its arrays once unpacked
TRACE_HEADER_BYTES = 8 * 2**20  # bytes of the JSON header of a saved trace
HISTORY_BYTES = 20 * 2**20  # bytes of one history of a training run
HISTORY_HEADER_BYTES = 2 * 2**20  # characters of its JSON header
HISTORY_ROWS = 4_096  # rows of figures in it
HISTORY_MOMENTS = 64  # moments at which the network was looked at
HISTORY_PROBES = 8  # texts that were looked at
CACHED_MODELS = 32  # models kept in memory by one server
CACHED_TRACES = 256  # traces kept in memory by one server
CACHED_TRACE_BYTES = 12 * 2**20  # bytes of all of them together
CACHED_GRADIENT_BYTES = 4 * 2**20  # bytes of all gradients kept in memory by one server
CACHED_PAIRS_BYTES = 2 * 2**20  # bytes of all matrices of pairs of steps kept in memory by one server
CACHED_FILM_BYTES = 4 * 2**20  # bytes of all traces of the time machine kept by one server
CACHED_MAPS = 64  # maps of a neighbourhood kept in memory by one server
CACHE_SECONDS = 3_600  # seconds since its last use after which a trace is computed anew
TRAINING_SECONDS = 30  # seconds that a training in the app may take
TRAININGS_WAITING = 20  # trainings that may wait in one server for the one that goes on
TRAINED_NETWORKS = 8  # networks that a visitor may train and keep in a session
TURN_SECONDS = 10  # seconds that a run of a page waits for its turn before it goes without
LESSON_BYTES = 64 * 2**10  # bytes of one lesson's file
LESSON_STEPS = 40  # steps of one lesson
LESSON_TEXT_CHARACTERS = 1_000  # characters of what a student writes in a step
EXPRESSION_CHARACTERS = 400  # characters of one expression in a lesson
EXPRESSION_DEPTH = 20  # brackets inside each other in an expression
EXPRESSION_OPERATIONS = 400  # operations of an expression, with the named ones in it
EXPRESSION_NUMBERS = 2_000_000  # numbers of an array that an expression makes

TOLERANCE = 1e-4  # largest difference between recorded and fused states; above it: TraceError
