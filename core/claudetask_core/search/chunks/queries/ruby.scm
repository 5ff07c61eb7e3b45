(method name: (_) @name) @function
(singleton_method name: (_) @name) @function
(class name: (_) @name) @class
(module name: (_) @name) @module
(assignment left: (constant) @name right: (call receiver: (constant) @_m method: (identifier)) (#set! words "Struct Class Module Data")) @class
(assignment left: (constant) @name) @constant
(alias name: (_) @name) @function
(call method: (identifier) @_m arguments: (argument_list (simple_symbol) @name) (#set! words "define_method scope alias_method attr_accessor attr_reader attr_writer has_many belongs_to has_one delegate")) @field
(call !receiver method: (identifier) @_m arguments: (argument_list . [(string (string_content) @name) (simple_symbol) @name]) (#set! words "create_table create_join_table")) @table
(call receiver: (identifier) method: (identifier) @_m arguments: (argument_list . [(string (string_content) @name) (simple_symbol) @name]) (#set! words "string text integer bigint boolean datetime date float decimal json jsonb references uuid binary timestamp")) @field
(comment) @comment
