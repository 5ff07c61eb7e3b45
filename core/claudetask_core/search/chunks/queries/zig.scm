(Decl (FnProto function: (_) @name)) @function
(Decl (VarDecl variable_type_function: (_) @name (ErrorUnionExpr (SuffixExpr (ContainerDecl (ContainerDeclType "struct")))))) @struct
(Decl (VarDecl variable_type_function: (_) @name (ErrorUnionExpr (SuffixExpr (ContainerDecl (ContainerDeclType "union")))))) @union
(Decl (VarDecl variable_type_function: (_) @name (ErrorUnionExpr (SuffixExpr (ContainerDecl (ContainerDeclType "enum")))))) @enum
(Decl (VarDecl variable_type_function: (_) @name (ErrorUnionExpr (SuffixExpr (ErrorSetDecl))))) @enum
(source_file (Decl (VarDecl variable_type_function: (_) @name)) @constant)
(ContainerDecl (Decl (VarDecl variable_type_function: (_) @name)) @constant)
(ContainerField field_member: (_) @name) @field
(TestDecl (STRINGLITERALSINGLE) @name) @test
(TestDecl (IDENTIFIER) @name) @test
