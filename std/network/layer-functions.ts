// Written from the definitions of the layers by `npx vitest run test/docs -u`; not edited by hand.
import type { Initializer } from "../layers/initializers.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Layer, PendingFlow } from "./applicable.js";
import type { Flow } from "./flow.js";
import type { Applied, InitializerValue, Operand, Padding, ShapeValue, Size } from "./layer-values.js";

interface DenseOptions {
  /** How many numbers come out. */
  readonly units?: number;
  /** Whether a bias is added. Default: true. */
  readonly bias?: boolean;
  /** A layer whose weight is used, transposed, in place of one of its own. */
  readonly tie?: Layer;
  /** How the weights start. Default: "xavier". */
  readonly init?: InitializerValue;
  /** How the bias starts. Default: zeros. */
  readonly bias_init?: InitializerValue;
}

interface DenseFunction {
  /** A fully connected layer: every output is a weighted sum of all inputs. */
  <T extends Flow>(x: T, units: number, options?: DenseOptions): Applied<T>;
  /** A fully connected layer: every output is a weighted sum of all inputs. */
  (options: DenseOptions & Required<Pick<DenseOptions, "units">>): Layer;
  /** A fully connected layer: every output is a weighted sum of all inputs. */
  (units: number, options?: DenseOptions): Layer;
}

interface EmbeddingOptions {
  /** How many tokens there are: ids from 0 to vocabulary - 1. */
  readonly vocabulary?: number;
  /** How many numbers a vector has. */
  readonly width?: number;
  /** What the vectors are multiplied by. Default: 1. */
  readonly scale?: number;
  /** How the vectors start. Default: normal(0, 1/sqrt(width)). */
  readonly init?: InitializerValue;
}

interface EmbeddingFunction {
  /** A vector for each token id. */
  <T extends Flow>(x: T, vocabulary: number, width: number, options?: EmbeddingOptions): Applied<T>;
  /** A vector for each token id. */
  (options: EmbeddingOptions & Required<Pick<EmbeddingOptions, "vocabulary" | "width">>): Layer;
  /** A vector for each token id. */
  (vocabulary: number, options: EmbeddingOptions & Required<Pick<EmbeddingOptions, "width">>): Layer;
  /** A vector for each token id. */
  (vocabulary: number, width: number, options?: EmbeddingOptions): Layer;
}

interface ConvOptions {
  /** How many channels come out. */
  readonly filters?: number;
  /** The window, such as 11x11, or one number for all axes. */
  readonly size?: Size;
  /** How far the window moves each time. Default: 1. */
  readonly stride?: Size;
  /** Zeros around the flow: a number, one for each axis, a pair for each axis (before, after), or `same` for ceil(extent / stride) windows. Default: 0. */
  readonly pad?: Padding;
  /** The distance of the window's points. Default: 1. */
  readonly dilation?: Size;
  /** Parts the channels are split into, each with filters of its own. Default: 1. */
  readonly groups?: number;
  /** Whether a bias is added to each channel. Default: true. */
  readonly bias?: boolean;
  /** How the weights start. Default: "xavier". */
  readonly init?: InitializerValue;
  /** How the bias starts. Default: zeros. */
  readonly bias_init?: InitializerValue;
}

interface ConvFunction {
  /** A convolution: each filter slides over the flow and gives one channel. */
  <T extends Flow>(x: T, filters: number, size: Size, options?: ConvOptions): Applied<T>;
  /** A convolution: each filter slides over the flow and gives one channel. */
  (options: ConvOptions & Required<Pick<ConvOptions, "filters" | "size">>): Layer;
  /** A convolution: each filter slides over the flow and gives one channel. */
  (filters: number, options: ConvOptions & Required<Pick<ConvOptions, "size">>): Layer;
  /** A convolution: each filter slides over the flow and gives one channel. */
  (filters: number, size: Size, options?: ConvOptions): Layer;
}

interface DwconvOptions {
  /** The window, such as 3x3, or one number for all axes. */
  readonly size?: Size;
  /** How far the window moves each time. Default: 1. */
  readonly stride?: Size;
  /** Zeros around the flow: a number, one for each axis, a pair for each axis (before, after), or `same` for ceil(extent / stride) windows. Default: 0. */
  readonly pad?: Padding;
  /** The distance of the window's points. Default: 1. */
  readonly dilation?: Size;
  /** How many filters each channel has. Default: 1. */
  readonly multiplier?: number;
  /** Whether a bias is added to each channel. Default: true. */
  readonly bias?: boolean;
  /** How the weights start. Default: "xavier". */
  readonly init?: InitializerValue;
  /** How the bias starts. Default: zeros. */
  readonly bias_init?: InitializerValue;
}

interface DwconvFunction {
  /** A depthwise convolution: each channel has filters of its own. */
  <T extends Flow>(x: T, size: Size, options?: DwconvOptions): Applied<T>;
  /** A depthwise convolution: each channel has filters of its own. */
  (options: DwconvOptions & Required<Pick<DwconvOptions, "size">>): Layer;
  /** A depthwise convolution: each channel has filters of its own. */
  (size: Size, options?: DwconvOptions): Layer;
}

interface UpconvOptions {
  /** How many channels come out. */
  readonly filters?: number;
  /** The window, such as 2x2, or one number for all axes. */
  readonly size?: Size;
  /** How many times larger the flow becomes. Default: 1. */
  readonly stride?: Size;
  /** What is cut off around the result: a number, one for each axis, a pair for each axis, or `same` for extent * stride. Default: 0. */
  readonly pad?: Padding;
  /** What is added at the end of each axis (PyTorch's output_padding), below the stride. Default: 0. */
  readonly extra?: Size;
  /** Parts the channels are split into, each with filters of its own. Default: 1. */
  readonly groups?: number;
  /** Whether a bias is added to each channel. Default: true. */
  readonly bias?: boolean;
  /** How the weights start. Default: "xavier". */
  readonly init?: InitializerValue;
  /** How the bias starts. Default: zeros. */
  readonly bias_init?: InitializerValue;
}

interface UpconvFunction {
  /** A transposed convolution: each number of the flow paints a window, so that the flow grows by the stride. */
  <T extends Flow>(x: T, filters: number, size: Size, options?: UpconvOptions): Applied<T>;
  /** A transposed convolution: each number of the flow paints a window, so that the flow grows by the stride. */
  (options: UpconvOptions & Required<Pick<UpconvOptions, "filters" | "size">>): Layer;
  /** A transposed convolution: each number of the flow paints a window, so that the flow grows by the stride. */
  (filters: number, options: UpconvOptions & Required<Pick<UpconvOptions, "size">>): Layer;
  /** A transposed convolution: each number of the flow paints a window, so that the flow grows by the stride. */
  (filters: number, size: Size, options?: UpconvOptions): Layer;
}

interface MaxpoolOptions {
  /** The window, such as 2x2, or one number for all axes. */
  readonly size?: Size;
  /** How far the window moves each time. Default: the size. */
  readonly stride?: Size;
  /** Zeros around the flow: a number, one for each axis, a pair for each axis (before, after), or `same` for ceil(extent / stride) windows. Default: 0. */
  readonly pad?: Padding;
}

interface MaxpoolFunction {
  /** The greatest number of each window. */
  <T extends Flow | Tensor>(x: T, size: Size, options?: MaxpoolOptions): Applied<T>;
  /** The greatest number of each window. */
  (options: MaxpoolOptions & Required<Pick<MaxpoolOptions, "size">>): Layer;
  /** The greatest number of each window. */
  (size: Size, options?: MaxpoolOptions): Layer;
}

interface AvgpoolOptions {
  /** The window, such as 2x2, or one number for all axes. */
  readonly size?: Size;
  /** How far the window moves each time. Default: the size. */
  readonly stride?: Size;
  /** Zeros around the flow: a number, one for each axis, a pair for each axis (before, after), or `same` for ceil(extent / stride) windows. Default: 0. */
  readonly pad?: Padding;
}

interface AvgpoolFunction {
  /** The mean of each window. */
  <T extends Flow | Tensor>(x: T, size: Size, options?: AvgpoolOptions): Applied<T>;
  /** The mean of each window. */
  (options: AvgpoolOptions & Required<Pick<AvgpoolOptions, "size">>): Layer;
  /** The mean of each window. */
  (size: Size, options?: AvgpoolOptions): Layer;
}

interface L2poolOptions {
  /** The window, such as 2x2, or one number for all axes. */
  readonly size?: Size;
  /** How far the window moves each time. Default: the size. */
  readonly stride?: Size;
  /** Zeros around the flow: a number, one for each axis, a pair for each axis (before, after), or `same` for ceil(extent / stride) windows. Default: 0. */
  readonly pad?: Padding;
}

interface L2poolFunction {
  /** The length of the vector in each window. */
  <T extends Flow | Tensor>(x: T, size: Size, options?: L2poolOptions): Applied<T>;
  /** The length of the vector in each window. */
  (options: L2poolOptions & Required<Pick<L2poolOptions, "size">>): Layer;
  /** The length of the vector in each window. */
  (size: Size, options?: L2poolOptions): Layer;
}

interface GapFunction {
  /** Global average pooling: the mean of each channel. */
  <T extends Flow | Tensor>(x: T): Applied<T>;
  /** Global average pooling: the mean of each channel. */
  (): Layer;
}

interface GmpFunction {
  /** Global max pooling: the greatest number of each channel. */
  <T extends Flow | Tensor>(x: T): Applied<T>;
  /** Global max pooling: the greatest number of each channel. */
  (): Layer;
}

interface BnOptions {
  /** How far the running statistics move each step. Default: 0.1. */
  readonly momentum?: number;
  /** Added to the variance, so that nothing is divided by 0. Default: 0.00001. */
  readonly epsilon?: number;
  /** Whether a trained scale and shift follow. Default: true. */
  readonly affine?: boolean;
}

interface BnFunction {
  /** Batch normalisation: each channel to mean 0 and variance 1 over the batch and all places. */
  <T extends Flow>(x: T, options?: BnOptions): Applied<T>;
  /** Batch normalisation: each channel to mean 0 and variance 1 over the batch and all places. */
  (options?: BnOptions): Layer;
}

interface LayernormOptions {
  /** Added to the variance, so that nothing is divided by 0. Default: 0.00001. */
  readonly epsilon?: number;
  /** Whether a trained scale and shift follow. Default: true. */
  readonly affine?: boolean;
}

interface LayernormFunction {
  /** Layer normalisation: each vector of the last dimension to mean 0 and variance 1. */
  <T extends Flow>(x: T, options?: LayernormOptions): Applied<T>;
  /** Layer normalisation: each vector of the last dimension to mean 0 and variance 1. */
  (options?: LayernormOptions): Layer;
}

interface GroupnormOptions {
  /** How many groups the channels are split into. Default: 32. */
  readonly groups?: number;
  /** Added to the variance, so that nothing is divided by 0. Default: 0.00001. */
  readonly epsilon?: number;
  /** Whether a trained scale and shift follow. Default: true. */
  readonly affine?: boolean;
}

interface GroupnormFunction {
  /** Group normalisation: groups of channels of each example to mean 0 and variance 1. */
  <T extends Flow>(x: T, options?: GroupnormOptions): Applied<T>;
  /** Group normalisation: groups of channels of each example to mean 0 and variance 1. */
  <T extends Flow>(x: T, groups: number, options?: GroupnormOptions): Applied<T>;
  /** Group normalisation: groups of channels of each example to mean 0 and variance 1. */
  (options?: GroupnormOptions): Layer;
  /** Group normalisation: groups of channels of each example to mean 0 and variance 1. */
  (groups: number, options?: GroupnormOptions): Layer;
}

interface InstancenormOptions {
  /** Added to the variance, so that nothing is divided by 0. Default: 0.00001. */
  readonly epsilon?: number;
  /** Whether a trained scale and shift follow. Default: true. */
  readonly affine?: boolean;
}

interface InstancenormFunction {
  /** Instance normalisation: each channel of each example to mean 0 and variance 1. */
  <T extends Flow>(x: T, options?: InstancenormOptions): Applied<T>;
  /** Instance normalisation: each channel of each example to mean 0 and variance 1. */
  (options?: InstancenormOptions): Layer;
}

interface RmsnormOptions {
  /** Added to the variance, so that nothing is divided by 0. Default: 0.00001. */
  readonly epsilon?: number;
  /** Whether a trained scale follows. Default: true. */
  readonly affine?: boolean;
}

interface RmsnormFunction {
  /** Root-mean-square normalisation: each vector of the last dimension to mean square 1. */
  <T extends Flow>(x: T, options?: RmsnormOptions): Applied<T>;
  /** Root-mean-square normalisation: each vector of the last dimension to mean square 1. */
  (options?: RmsnormOptions): Layer;
}

interface LrnOptions {
  /** How many neighbouring channels are summed. Default: 5. */
  readonly n?: number;
  /** Added to the sum. Default: 2. */
  readonly k?: number;
  /** What the sum is multiplied by. Default: 0.0001. */
  readonly alpha?: number;
  /** The exponent. Default: 0.75. */
  readonly beta?: number;
}

interface LrnFunction {
  /** Local response normalisation: channels at one place inhibit their neighbours, as in AlexNet. */
  <T extends Flow | Tensor>(x: T, options?: LrnOptions): Applied<T>;
  /** Local response normalisation: channels at one place inhibit their neighbours, as in AlexNet. */
  <T extends Flow | Tensor>(x: T, n: number, options?: LrnOptions): Applied<T>;
  /** Local response normalisation: channels at one place inhibit their neighbours, as in AlexNet. */
  (options?: LrnOptions): Layer;
  /** Local response normalisation: channels at one place inhibit their neighbours, as in AlexNet. */
  (n: number, options?: LrnOptions): Layer;
}

interface DropoutOptions {
  /** The probability of a number to be dropped. Default: 0.5. */
  readonly rate?: number;
}

interface DropoutFunction {
  /** Sets each number to 0 with a given probability while training. */
  <T extends Flow | Tensor>(x: T, options?: DropoutOptions): Applied<T>;
  /** Sets each number to 0 with a given probability while training. */
  <T extends Flow | Tensor>(x: T, rate: number, options?: DropoutOptions): Applied<T>;
  /** Sets each number to 0 with a given probability while training. */
  (options?: DropoutOptions): Layer;
  /** Sets each number to 0 with a given probability while training. */
  (rate: number, options?: DropoutOptions): Layer;
}

interface SpatialdropoutOptions {
  /** The probability of a channel to be dropped. Default: 0.5. */
  readonly rate?: number;
}

interface SpatialdropoutFunction {
  /** Sets whole channels to 0 with a given probability while training. */
  <T extends Flow | Tensor>(x: T, options?: SpatialdropoutOptions): Applied<T>;
  /** Sets whole channels to 0 with a given probability while training. */
  <T extends Flow | Tensor>(x: T, rate: number, options?: SpatialdropoutOptions): Applied<T>;
  /** Sets whole channels to 0 with a given probability while training. */
  (options?: SpatialdropoutOptions): Layer;
  /** Sets whole channels to 0 with a given probability while training. */
  (rate: number, options?: SpatialdropoutOptions): Layer;
}

interface RnnOptions {
  /** How many numbers the state has. */
  readonly units?: number;
  /** The first state: the `state` of another recurrent layer, or tensors. Default: zeros. */
  readonly init?: Operand | readonly Operand[];
  /** Whether a second one reads the sequence backwards. Default: false. */
  readonly bidirectional?: boolean;
  /** How many are stacked. Default: 1. */
  readonly layers?: number;
  /** Whether there are biases. Default: true. */
  readonly bias?: boolean;
  /** Dropout between stacked layers. Default: 0. */
  readonly dropout?: number;
  /** The function of the state. Default: "tanh". */
  readonly activation?: "tanh" | "relu";
}

interface RnnFunction {
  /** A simple recurrent layer: the state is a function of the input and the state before. */
  <T extends Flow>(x: T, units: number, options?: RnnOptions): Applied<T>;
  /** A simple recurrent layer: the state is a function of the input and the state before. */
  (options: RnnOptions & Required<Pick<RnnOptions, "units">>): Layer;
  /** A simple recurrent layer: the state is a function of the input and the state before. */
  (units: number, options?: RnnOptions): Layer;
}

interface LstmOptions {
  /** How many numbers the state has. */
  readonly units?: number;
  /** The first state: the `state` of another recurrent layer, or tensors. Default: zeros. */
  readonly init?: Operand | readonly Operand[];
  /** Whether a second one reads the sequence backwards. Default: false. */
  readonly bidirectional?: boolean;
  /** How many are stacked. Default: 1. */
  readonly layers?: number;
  /** Whether there are biases. Default: true. */
  readonly bias?: boolean;
  /** Dropout between stacked layers. Default: 0. */
  readonly dropout?: number;
  /** Where the bias of the forget gate starts. Default: 1. */
  readonly forget_bias?: number;
}

interface LstmFunction {
  /** Long short-term memory: a state that gates keep, write and read. */
  <T extends Flow>(x: T, units: number, options?: LstmOptions): Applied<T>;
  /** Long short-term memory: a state that gates keep, write and read. */
  (options: LstmOptions & Required<Pick<LstmOptions, "units">>): Layer;
  /** Long short-term memory: a state that gates keep, write and read. */
  (units: number, options?: LstmOptions): Layer;
}

interface GruOptions {
  /** How many numbers the state has. */
  readonly units?: number;
  /** The first state: the `state` of another recurrent layer, or tensors. Default: zeros. */
  readonly init?: Operand | readonly Operand[];
  /** Whether a second one reads the sequence backwards. Default: false. */
  readonly bidirectional?: boolean;
  /** How many are stacked. Default: 1. */
  readonly layers?: number;
  /** Whether there are biases. Default: true. */
  readonly bias?: boolean;
  /** Dropout between stacked layers. Default: 0. */
  readonly dropout?: number;
}

interface GruFunction {
  /** A gated recurrent unit: like an LSTM, with one state and two gates. */
  <T extends Flow>(x: T, units: number, options?: GruOptions): Applied<T>;
  /** A gated recurrent unit: like an LSTM, with one state and two gates. */
  (options: GruOptions & Required<Pick<GruOptions, "units">>): Layer;
  /** A gated recurrent unit: like an LSTM, with one state and two gates. */
  (units: number, options?: GruOptions): Layer;
}

interface AttentionOptions {
  /** What is looked at. Default: the flow itself. */
  readonly memory?: Operand | readonly Operand[];
  /** How many times attention is done side by side; divides the features. Default: 1. */
  readonly heads?: number;
  /** Whether a step sees only steps up to its own. Default: false. */
  readonly causal?: boolean;
  /** T x S or S numbers: 0 where nobody may look. */
  readonly mask?: Operand | readonly Operand[];
  /** Whether the four products have biases. Default: true. */
  readonly bias?: boolean;
  /** Dropout of the weights while training. Default: 0. */
  readonly dropout?: number;
  /** How the weights start. Default: "xavier". */
  readonly init?: InitializerValue;
}

interface AttentionFunction {
  /** Multi-head attention: each step looks at the steps of a memory, or of the flow itself. */
  (options?: AttentionOptions): Layer;
  /** Multi-head attention: each step looks at the steps of a memory, or of the flow itself. */
  (memory: Operand | readonly Operand[], options?: AttentionOptions): Layer;
}

interface PositionsOptions {
  /** Which vectors. Default: "sinusoidal". */
  readonly kind?: "sinusoidal" | "learned";
  /** For `learned`: the longest sequence. Default: the length of the flow. */
  readonly length?: number;
  /** How learned vectors start. Default: normal(0, 0.02). */
  readonly init?: InitializerValue;
}

interface PositionsFunction {
  /** Adds a vector for its place to each step of a sequence. */
  <T extends Flow>(x: T, options?: PositionsOptions): Applied<T>;
  /** Adds a vector for its place to each step of a sequence. */
  <T extends Flow>(x: T, kind: "sinusoidal" | "learned", options?: PositionsOptions): Applied<T>;
  /** Adds a vector for its place to each step of a sequence. */
  (options?: PositionsOptions): Layer;
  /** Adds a vector for its place to each step of a sequence. */
  (kind: "sinusoidal" | "learned", options?: PositionsOptions): Layer;
}

interface TokenOptions {
  /** How many vectors. Default: 1. */
  readonly count?: number;
  /** How the vectors start. Default: normal(0, 0.02). */
  readonly init?: InitializerValue;
}

interface TokenFunction {
  /** Puts learned vectors in front of a sequence: ViT's class token. */
  <T extends Flow>(x: T, options?: TokenOptions): Applied<T>;
  /** Puts learned vectors in front of a sequence: ViT's class token. */
  <T extends Flow>(x: T, count: number, options?: TokenOptions): Applied<T>;
  /** Puts learned vectors in front of a sequence: ViT's class token. */
  (options?: TokenOptions): Layer;
  /** Puts learned vectors in front of a sequence: ViT's class token. */
  (count: number, options?: TokenOptions): Layer;
}

interface FlattenFunction {
  /** All numbers of one example in one row: 6x6x256 becomes 9216. */
  <T extends Flow | Tensor>(x: T): Applied<T>;
  /** All numbers of one example in one row: 6x6x256 becomes 9216. */
  (): Layer;
}

interface ReshapeOptions {
  /** The new shape, without the batch. */
  readonly shape?: ShapeValue;
}

interface ReshapeFunction {
  /** The same numbers in another shape. */
  <T extends Flow | Tensor>(x: T, shape: ShapeValue, options?: ReshapeOptions): Applied<T>;
  /** The same numbers in another shape. */
  (options: ReshapeOptions & Required<Pick<ReshapeOptions, "shape">>): Layer;
  /** The same numbers in another shape. */
  (shape: ShapeValue, options?: ReshapeOptions): Layer;
}

interface TransposeOptions {
  /** Which dimension of the flow comes where. Default: the last two swapped. */
  readonly order?: Size;
}

interface TransposeFunction {
  /** Swaps the last two dimensions: S x D becomes D x S. */
  <T extends Flow | Tensor>(x: T, options?: TransposeOptions): Applied<T>;
  /** Swaps the last two dimensions: S x D becomes D x S. */
  (options?: TransposeOptions): Layer;
}

interface CropOptions {
  /** Height and width to keep. Default: that of `like`. */
  readonly size?: Size;
  /** A tensor whose height and width are taken. Default: the flow of the row. */
  readonly like?: Operand | readonly Operand[];
}

interface CropFunction {
  /** Cuts out the middle: U-Net's skip connections. */
  <T extends Flow | Tensor>(x: T, options: CropOptions & Required<Pick<CropOptions, "like">>): Applied<T>;
  /** Cuts out the middle: U-Net's skip connections. */
  (x: Flow, options?: CropOptions): PendingFlow;
  /** Cuts out the middle: U-Net's skip connections. */
  <T extends Flow | Tensor>(x: T, size: Size, options: CropOptions & Required<Pick<CropOptions, "like">>): Applied<T>;
  /** Cuts out the middle: U-Net's skip connections. */
  (x: Flow, size: Size, options?: CropOptions): PendingFlow;
  /** Cuts out the middle: U-Net's skip connections. */
  (options?: CropOptions): Layer;
  /** Cuts out the middle: U-Net's skip connections. */
  (size: Size, options?: CropOptions): Layer;
}

interface UpsampleOptions {
  /** How many times larger. Default: 2. */
  readonly factor?: Size;
  /** How new numbers are made. Default: "nearest". */
  readonly mode?: "nearest" | "bilinear";
}

interface UpsampleFunction {
  /** Makes a map larger, by repeating or by interpolating. */
  <T extends Flow | Tensor>(x: T, options?: UpsampleOptions): Applied<T>;
  /** Makes a map larger, by repeating or by interpolating. */
  <T extends Flow | Tensor>(x: T, factor: Size, options?: UpsampleOptions): Applied<T>;
  /** Makes a map larger, by repeating or by interpolating. */
  <T extends Flow | Tensor>(x: T, factor: Size, mode: "nearest" | "bilinear", options?: UpsampleOptions): Applied<T>;
  /** Makes a map larger, by repeating or by interpolating. */
  (options?: UpsampleOptions): Layer;
  /** Makes a map larger, by repeating or by interpolating. */
  (factor: Size, options?: UpsampleOptions): Layer;
  /** Makes a map larger, by repeating or by interpolating. */
  (factor: Size, mode: "nearest" | "bilinear", options?: UpsampleOptions): Layer;
}

interface FirstFunction {
  /** The first step of a sequence: where ViT's class token is. */
  <T extends Flow | Tensor>(x: T): Applied<T>;
  /** The first step of a sequence: where ViT's class token is. */
  (): Layer;
}

interface LastFunction {
  /** The last step of a sequence: what a recurrent layer ends with. */
  <T extends Flow | Tensor>(x: T): Applied<T>;
  /** The last step of a sequence: what a recurrent layer ends with. */
  (): Layer;
}

interface ConcatOptions {
  /** What is put behind the flow. */
  readonly tensors?: Operand | readonly Operand[];
  /** The dimension that grows: 0 is the first of the flow, -1 the last. Default: -1. */
  readonly axis?: number;
}

interface ConcatFunction {
  /** Puts other tensors behind the flow, along the last dimension. */
  (...tensors: readonly Operand[] | readonly [...tensors: Operand[], options: ConcatOptions]): Layer;
}

interface AddOptions {
  /** What is added. */
  readonly tensors?: Operand | readonly Operand[];
}

interface AddFunction {
  /** Adds other tensors to the flow: the skip connection of a residual block. */
  (...tensors: readonly Operand[] | readonly [...tensors: Operand[], options: AddOptions]): Layer;
}

interface MulOptions {
  /** What the flow is multiplied by. */
  readonly tensors?: Operand | readonly Operand[];
}

interface MulFunction {
  /** Multiplies the flow by other tensors: a gate. */
  (...tensors: readonly Operand[] | readonly [...tensors: Operand[], options: MulOptions]): Layer;
}

interface ReluFunction {
  /** The rectifier: negative numbers become 0. */
  <T extends Flow | Tensor>(x: T): Applied<T>;
  /** The rectifier: negative numbers become 0. */
  (): Layer;
}

interface LeakyreluOptions {
  /** The slope for negative numbers. Default: 0.01. */
  readonly slope?: number;
}

interface LeakyreluFunction {
  /** A rectifier that lets a little of negative numbers through. */
  <T extends Flow | Tensor>(x: T, options?: LeakyreluOptions): Applied<T>;
  /** A rectifier that lets a little of negative numbers through. */
  <T extends Flow | Tensor>(x: T, slope: number, options?: LeakyreluOptions): Applied<T>;
  /** A rectifier that lets a little of negative numbers through. */
  (options?: LeakyreluOptions): Layer;
  /** A rectifier that lets a little of negative numbers through. */
  (slope: number, options?: LeakyreluOptions): Layer;
}

interface Relu6Function {
  /** The rectifier, cut off at 6, as in MobileNet. */
  <T extends Flow | Tensor>(x: T): Applied<T>;
  /** The rectifier, cut off at 6, as in MobileNet. */
  (): Layer;
}

interface EluOptions {
  /** What y tends to, negated, for very negative x. Default: 1. */
  readonly alpha?: number;
}

interface EluFunction {
  /** The exponential linear unit. */
  <T extends Flow | Tensor>(x: T, options?: EluOptions): Applied<T>;
  /** The exponential linear unit. */
  <T extends Flow | Tensor>(x: T, alpha: number, options?: EluOptions): Applied<T>;
  /** The exponential linear unit. */
  (options?: EluOptions): Layer;
  /** The exponential linear unit. */
  (alpha: number, options?: EluOptions): Layer;
}

interface SeluFunction {
  /** The self-normalising exponential unit. */
  <T extends Flow | Tensor>(x: T): Applied<T>;
  /** The self-normalising exponential unit. */
  (): Layer;
}

interface GeluOptions {
  /** Whether the formula with tanh is used. Default: false. */
  readonly approximate?: boolean;
}

interface GeluFunction {
  /** x times the probability that a normal variable is below x, as in BERT and GPT. */
  <T extends Flow | Tensor>(x: T, options?: GeluOptions): Applied<T>;
  /** x times the probability that a normal variable is below x, as in BERT and GPT. */
  (options?: GeluOptions): Layer;
}

interface SiluFunction {
  /** x times its sigmoid, also called swish. */
  <T extends Flow | Tensor>(x: T): Applied<T>;
  /** x times its sigmoid, also called swish. */
  (): Layer;
}

interface SoftplusFunction {
  /** A smooth rectifier. */
  <T extends Flow | Tensor>(x: T): Applied<T>;
  /** A smooth rectifier. */
  (): Layer;
}

interface SigmoidFunction {
  /** The logistic function: any number to between 0 and 1. */
  <T extends Flow | Tensor>(x: T): Applied<T>;
  /** The logistic function: any number to between 0 and 1. */
  (): Layer;
}

interface TanhFunction {
  /** The hyperbolic tangent: any number to between -1 and 1. */
  <T extends Flow | Tensor | number>(x: T): Applied<T>;
  /** The hyperbolic tangent: any number to between -1 and 1. */
  (): Layer;
}

interface StepFunction {
  /** The threshold of the perceptron: 1 where x > 0, otherwise 0. */
  <T extends Flow | Tensor>(x: T): Applied<T>;
  /** The threshold of the perceptron: 1 where x > 0, otherwise 0. */
  (): Layer;
}

interface SoftmaxFunction {
  /** Scores to probabilities that sum to 1, over the last dimension. */
  <T extends Flow | Tensor>(x: T): Applied<T>;
  /** Scores to probabilities that sum to 1, over the last dimension. */
  (): Layer;
}

interface LogsoftmaxFunction {
  /** The logarithm of softmax, over the last dimension. */
  <T extends Flow | Tensor>(x: T): Applied<T>;
  /** The logarithm of softmax, over the last dimension. */
  (): Layer;
}

interface SqrtFunction {
  /** The square root of each number. */
  <T extends Flow | Tensor | number>(x: T): Applied<T>;
  /** The square root of each number. */
  (): Layer;
}

interface SquareFunction {
  /** Each number times itself. */
  <T extends Flow | Tensor>(x: T): Applied<T>;
  /** Each number times itself. */
  (): Layer;
}

interface AbsFunction {
  /** The size of each number. */
  <T extends Flow | Tensor | number>(x: T): Applied<T>;
  /** The size of each number. */
  (): Layer;
}

interface ExpFunction {
  /** e to the power of each number. */
  <T extends Flow | Tensor | number>(x: T): Applied<T>;
  /** e to the power of each number. */
  (): Layer;
}

interface LogFunction {
  /** The natural logarithm of each number. */
  <T extends Flow | Tensor | number>(x: T): Applied<T>;
  /** The natural logarithm of each number. */
  (): Layer;
}

interface SinFunction {
  /** The sine of each number. */
  <T extends Flow | Tensor | number>(x: T): Applied<T>;
  /** The sine of each number. */
  (): Layer;
}

interface CosFunction {
  /** The cosine of each number. */
  <T extends Flow | Tensor | number>(x: T): Applied<T>;
  /** The cosine of each number. */
  (): Layer;
}

interface SumOptions {
  /** The dimension: 0 is the first of the flow, -1 the last. Default: -1. */
  readonly axis?: number;
}

interface SumFunction {
  /** The sum over the last dimension. */
  <T extends Flow | Tensor>(x: T, options?: SumOptions): Applied<T>;
  /** The sum over the last dimension. */
  (options?: SumOptions): Layer;
}

interface MeanOptions {
  /** The dimension: 0 is the first of the flow, -1 the last. Default: -1. */
  readonly axis?: number;
}

interface MeanFunction {
  /** The mean over the last dimension. */
  <T extends Flow | Tensor>(x: T, options?: MeanOptions): Applied<T>;
  /** The mean over the last dimension. */
  (options?: MeanOptions): Layer;
}

interface MaxOptions {
  /** A tensor or a number to compare with. */
  readonly other?: unknown;
  /** The dimension: 0 is the first of the flow, -1 the last. Default: -1. */
  readonly axis?: number;
}

interface MaxFunction {
  /** The greatest number of the last dimension, or the greater of each pair. */
  <T extends Flow | Tensor>(x: T, options?: MaxOptions): Applied<T>;
  /** The greatest number of the last dimension, or the greater of each pair. */
  <T extends Flow | Tensor>(x: T, other: unknown, options?: MaxOptions): Applied<T>;
  /** The greatest number of the last dimension, or the greater of each pair. */
  (options?: MaxOptions): Layer;
  /** The greatest number of the last dimension, or the greater of each pair. */
  (other: unknown, options?: MaxOptions): Layer;
}

interface MinOptions {
  /** A tensor or a number to compare with. */
  readonly other?: unknown;
  /** The dimension: 0 is the first of the flow, -1 the last. Default: -1. */
  readonly axis?: number;
}

interface MinFunction {
  /** The least number of the last dimension, or the lesser of each pair. */
  <T extends Flow | Tensor>(x: T, options?: MinOptions): Applied<T>;
  /** The least number of the last dimension, or the lesser of each pair. */
  <T extends Flow | Tensor>(x: T, other: unknown, options?: MinOptions): Applied<T>;
  /** The least number of the last dimension, or the lesser of each pair. */
  (options?: MinOptions): Layer;
  /** The least number of the last dimension, or the lesser of each pair. */
  (other: unknown, options?: MinOptions): Layer;
}

interface NormalOptions {
  /** How many numbers, or a shape, without the batch. */
  readonly shape?: ShapeValue;
  /** The mean. Default: 0. */
  readonly mean?: number;
  /** The standard deviation. Default: 1. */
  readonly std?: number;
}

interface NormalFunction {
  /** Numbers from a normal distribution, drawn anew each step: a generator's input. */
  (options: NormalOptions & Required<Pick<NormalOptions, "shape">>): Flow;
  /** Numbers from a normal distribution, drawn anew each step: a generator's input. */
  (shape: ShapeValue, options?: NormalOptions): Flow;
}

interface UniformOptions {
  /** How many numbers, or a shape, without the batch. */
  readonly shape?: ShapeValue;
  /** The lower end. Default: 0. */
  readonly low?: number;
  /** The upper end. Default: 1. */
  readonly high?: number;
}

interface UniformFunction {
  /** Numbers spread evenly over an interval, drawn anew each step. */
  (options: UniformOptions & Required<Pick<UniformOptions, "shape">>): Flow;
  /** Numbers spread evenly over an interval, drawn anew each step. */
  (shape: ShapeValue, options?: UniformOptions): Flow;
}

/** Every layer by its name: with its values it is something to put on a row; given a flow or a tensor first, it is applied at once. */
export interface LayerFunctions {
  /** A fully connected layer: every output is a weighted sum of all inputs. */
  readonly dense: DenseFunction;
  /** A vector for each token id. */
  readonly embedding: EmbeddingFunction;
  /** A convolution: each filter slides over the flow and gives one channel. */
  readonly conv: ConvFunction;
  /** A depthwise convolution: each channel has filters of its own. */
  readonly dwconv: DwconvFunction;
  /** A transposed convolution: each number of the flow paints a window, so that the flow grows by the stride. */
  readonly upconv: UpconvFunction;
  /** The greatest number of each window. */
  readonly maxpool: MaxpoolFunction;
  /** The mean of each window. */
  readonly avgpool: AvgpoolFunction;
  /** The length of the vector in each window. */
  readonly l2pool: L2poolFunction;
  /** Global average pooling: the mean of each channel. */
  readonly gap: GapFunction;
  /** Global max pooling: the greatest number of each channel. */
  readonly gmp: GmpFunction;
  /** Batch normalisation: each channel to mean 0 and variance 1 over the batch and all places. */
  readonly bn: BnFunction;
  /** Layer normalisation: each vector of the last dimension to mean 0 and variance 1. */
  readonly layernorm: LayernormFunction;
  /** Group normalisation: groups of channels of each example to mean 0 and variance 1. */
  readonly groupnorm: GroupnormFunction;
  /** Instance normalisation: each channel of each example to mean 0 and variance 1. */
  readonly instancenorm: InstancenormFunction;
  /** Root-mean-square normalisation: each vector of the last dimension to mean square 1. */
  readonly rmsnorm: RmsnormFunction;
  /** Local response normalisation: channels at one place inhibit their neighbours, as in AlexNet. */
  readonly lrn: LrnFunction;
  /** Sets each number to 0 with a given probability while training. */
  readonly dropout: DropoutFunction;
  /** Sets whole channels to 0 with a given probability while training. */
  readonly spatialdropout: SpatialdropoutFunction;
  /** A simple recurrent layer: the state is a function of the input and the state before. */
  readonly rnn: RnnFunction;
  /** Long short-term memory: a state that gates keep, write and read. */
  readonly lstm: LstmFunction;
  /** A gated recurrent unit: like an LSTM, with one state and two gates. */
  readonly gru: GruFunction;
  /** Multi-head attention: each step looks at the steps of a memory, or of the flow itself. */
  readonly attention: AttentionFunction;
  /** Adds a vector for its place to each step of a sequence. */
  readonly positions: PositionsFunction;
  /** Puts learned vectors in front of a sequence: ViT's class token. */
  readonly token: TokenFunction;
  /** All numbers of one example in one row: 6x6x256 becomes 9216. */
  readonly flatten: FlattenFunction;
  /** The same numbers in another shape. */
  readonly reshape: ReshapeFunction;
  /** Swaps the last two dimensions: S x D becomes D x S. */
  readonly transpose: TransposeFunction;
  /** Cuts out the middle: U-Net's skip connections. */
  readonly crop: CropFunction;
  /** Makes a map larger, by repeating or by interpolating. */
  readonly upsample: UpsampleFunction;
  /** The first step of a sequence: where ViT's class token is. */
  readonly first: FirstFunction;
  /** The last step of a sequence: what a recurrent layer ends with. */
  readonly last: LastFunction;
  /** Puts other tensors behind the flow, along the last dimension. */
  readonly concat: ConcatFunction;
  /** Adds other tensors to the flow: the skip connection of a residual block. */
  readonly add: AddFunction;
  /** Multiplies the flow by other tensors: a gate. */
  readonly mul: MulFunction;
  /** The rectifier: negative numbers become 0. */
  readonly relu: ReluFunction;
  /** A rectifier that lets a little of negative numbers through. */
  readonly leakyrelu: LeakyreluFunction;
  /** The rectifier, cut off at 6, as in MobileNet. */
  readonly relu6: Relu6Function;
  /** The exponential linear unit. */
  readonly elu: EluFunction;
  /** The self-normalising exponential unit. */
  readonly selu: SeluFunction;
  /** x times the probability that a normal variable is below x, as in BERT and GPT. */
  readonly gelu: GeluFunction;
  /** x times its sigmoid, also called swish. */
  readonly silu: SiluFunction;
  /** A smooth rectifier. */
  readonly softplus: SoftplusFunction;
  /** The logistic function: any number to between 0 and 1. */
  readonly sigmoid: SigmoidFunction;
  /** The hyperbolic tangent: any number to between -1 and 1. */
  readonly tanh: TanhFunction;
  /** The threshold of the perceptron: 1 where x > 0, otherwise 0. */
  readonly step: StepFunction;
  /** Scores to probabilities that sum to 1, over the last dimension. */
  readonly softmax: SoftmaxFunction;
  /** The logarithm of softmax, over the last dimension. */
  readonly logsoftmax: LogsoftmaxFunction;
  /** The square root of each number. */
  readonly sqrt: SqrtFunction;
  /** Each number times itself. */
  readonly square: SquareFunction;
  /** The size of each number. */
  readonly abs: AbsFunction;
  /** e to the power of each number. */
  readonly exp: ExpFunction;
  /** The natural logarithm of each number. */
  readonly log: LogFunction;
  /** The sine of each number. */
  readonly sin: SinFunction;
  /** The cosine of each number. */
  readonly cos: CosFunction;
  /** The sum over the last dimension. */
  readonly sum: SumFunction;
  /** The mean over the last dimension. */
  readonly mean: MeanFunction;
  /** The greatest number of the last dimension, or the greater of each pair. */
  readonly max: MaxFunction;
  /** The least number of the last dimension, or the lesser of each pair. */
  readonly min: MinFunction;
  /** Numbers from a normal distribution, drawn anew each step: a generator's input. */
  readonly normal: NormalFunction;
  /** Numbers spread evenly over an interval, drawn anew each step. */
  readonly uniform: UniformFunction;
}

/** Every initialiser by its name, with its values. */
export interface InitializerFunctions {
  /** Every number is 0. */
  readonly zeros: () => Initializer;
  /** Every number is 1. */
  readonly ones: () => Initializer;
  /** Every number is the same; a number alone means this. */
  readonly constant: (value: number) => Initializer;
  /** Drawn from a normal distribution. */
  readonly normal: (mean?: number, std?: number) => Initializer;
  /** Drawn evenly from an interval. */
  readonly uniform: (low?: number, high?: number) => Initializer;
  /** Keeps the variance of the flow and of its gradient: variance 2 / (fan in + fan out) (Glorot & Bengio 2010). */
  readonly xavier: (distribution?: "uniform" | "normal") => Initializer;
  /** For rectifiers: variance 2 / fan in (He et al. 2015). */
  readonly he: (distribution?: "uniform" | "normal") => Initializer;
  /** Keeps the variance of the flow: variance 1 / fan in (LeCun et al. 1998); what `selu` needs. */
  readonly lecun: (distribution?: "uniform" | "normal") => Initializer;
  /** A random matrix with orthonormal rows or columns (Saxe et al. 2014), as recurrent weights like it. */
  readonly orthogonal: (gain?: number) => Initializer;
}
